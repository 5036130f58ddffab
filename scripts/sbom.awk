# Writes a CycloneDX 1.6 document from Cargo.lock and `cargo tree --prefix depth --format '|{p}|{l}'`; POSIX awk.
# The checksum of a crate is the one that cargo compares with what it downloads.

BEGIN { FS = "|" }

FNR == NR {
    split($0, part, "\"")
    if ($0 ~ /^name = /) name = part[2]
    if ($0 ~ /^version = /) version_of = part[2]
    if ($0 ~ /^checksum = /) checksum[name "@" version_of] = part[2]
    next
}

{
    depth = $1 + 0
    split($2, part, " ")
    crate = part[1] "@" substr(part[2], 2)
    if (!(crate in license)) {
        order[++count] = crate
        gsub("/", " OR ", $3) # as old packages write it
        license[crate] = $3
    }
    path[depth] = crate
    if (depth > 0 && !((path[depth - 1], crate) in seen)) {
        seen[path[depth - 1], crate] = 1
        uses[path[depth - 1]] = uses[path[depth - 1]] separator[path[depth - 1]] "\"pkg:cargo/" crate "\""
        separator[path[depth - 1]] = ", "
    }
}

function component(crate, type) {
    split(crate, part, "@")
    hashes = crate in checksum ? ", \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"" checksum[crate] "\"}]" : ""
    return "{\"type\": \"" type "\", \"bom-ref\": \"pkg:cargo/" crate "\", \"name\": \"" part[1] "\", \"version\": \"" \
        part[2] "\"" hashes ", \"licenses\": [{\"expression\": \"" license[crate] "\"}], \"purl\": \"pkg:cargo/" crate "\"}"
}

END {
    print "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"version\": 1,"
    print " \"metadata\": {\"timestamp\": \"" time "\", \"component\": " component(order[1], "application") "},"
    print " \"components\": ["
    for (i = 2; i <= count; i++) print "  " component(order[i], "library") (i < count ? "," : "")
    print " ],"
    print " \"dependencies\": ["
    for (i = 1; i <= count; i++)
        print "  {\"ref\": \"pkg:cargo/" order[i] "\", \"dependsOn\": [" uses[order[i]] "]}" (i < count ? "," : "")
    print " ]}"
}
