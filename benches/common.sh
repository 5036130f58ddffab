# What the benches share; sourced from the repository's top. psql is the real binary: Debian's
# /usr/bin/psql is a wrapper in Perl.
psql=$(ls /usr/lib/postgresql/*/bin/psql 2>/dev/null | sort -V | tail -1)
psql=${psql:-psql}

# ms COMMAND...: wall milliseconds of one run (in hundredths), output thrown away.
ms() {
    begin=$(date +%s%N)
    "$@" >/dev/null 2>&1 || :
    end=$(date +%s%N)
    echo $(((end - begin) / 10000))
}
# Milliseconds from hundredths.
median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.2f\n", v[int((NR + 1) / 2)] / 100 }'; }
# peak COMMAND...: its largest resident set, KiB.
peak() { /usr/bin/time -f %M "$@" 2>&1 >/dev/null | tail -1; }
