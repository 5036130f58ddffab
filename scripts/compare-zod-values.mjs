// Random values for the comparisons with zod: texts that its formats care about, and small changes to them.
let state = 1;
export function seed(number) {
  state = number >>> 0 || 1;
}
export function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
export const pick = (list) => list[Math.floor(random() * list.length)];

const jwt = (header) =>
  `${Buffer.from(JSON.stringify(header)).toString("base64url")}.${Buffer.from("{}").toString("base64url")}.c2ln`;
const VALUES = [
  "", " ", "\n", "0", "1", "-1", "3000", "65535", "65536", "1.5", ".5", "5.", "1e3", "1e400", "-0", "0x10", "0b2",
  "Infinity", "-Infinity", "NaN", "inf", "1_000", " 12 ", "12px", "9007199254740993", "2147483648", "4294967295", "15", "25",
  "true", "false", "TRUE", "yes", "no", "on", "off", "Y", "N", "ja", "NEIN", "si", "enabled", "null", "undefined",
  "http://localhost:3000", "https://x.example.com/a?b#c", "https://api.example.com", "http:example.com", "https:/x", " https://x.com ", "HTTPS://X.COM",
  "postgres://u:p@h:5432/d", "postgresql://h/d", "redis://localhost", "mailto:a@b.co", "javascript:alert(1)", "x:", "//x", "http://", "http://[::1]:80", "http://[::1", "http://a b", "http://a%b", "http://1.2.3.256", "http://0x7f.1", "http://ex\nample.com", "http://ü.example", "http://xn--a", "http://a..b", "http://-a.b", "http://host:99999", "file:///x", "data:,x", "blob:x", "a.b:80", "http://user:p@ss@h", "http://h/\u0000", "ht!tp://x", "http://[1.2.3.4]", "https://sub.x.s3.amazonaws.com",
  "a@b.co", "a.b+c@d-e.org", "A@B.CO", ".a@b.co", "a.@b.co", "a..b@c.de", "a@b", "a@-b.co", "a'b@c.de", "a@b.c", "ü@b.co",
  "123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-42d3-a456-426614174000", "123e4567-e89b-72d3-b456-426614174000", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffff-ffff-ffff-ffff-fffffffffffe", "123E4567-E89B-12D3-A456-426614174000", "123e4567-e89b-92d3-c456-426614174000", "123e4567e89b12d3a456426614174000",
  "V1StGXR8_Z5jdHi6B-myT", "cjld2cjxh0000qzrmn831i7rn", "Cjld2cjxh0000qzrmn831i7rn", "c-not-a-cuid", "tz4a98xxat96iws9zmbrgj3a", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01arz3ndektsv4rrffq69g5fav",
  "127.0.0.1", "256.1.1.1", "1.2.3", "::1", "fe80::1%eth0", "2001:db8::8a2e:370:7334", "::ffff:1.2.3.4", "1::2::3", "12345::", "10.0.0.0/8", "10.0.0.0/33", "10.0.0.0/08", "2001:db8::/32", "2001:db8::/129", "::/0", "::/00", "::1/+5",
  "aGVsbG8=", "aGVsbG8", "aGVsbA==", "a", "ab", "abc", "a-_b", "a+/b", "====", "YQ=", "a b=", "YQ==YQ==",
  jwt({ alg: "HS256", typ: "JWT" }), jwt({ alg: "RS256" }), jwt({ typ: "JWT" }), jwt({ alg: "HS256", typ: "X" }), jwt({ alg: "HS256", k: "??>>" }), jwt([]), "a.b.c", "..", "eyJ.b.c",
  "2024-02-29", "2023-02-29", "2024-13-01", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.123Z", "2024-01-01T00:00Z", "2024-01-01T00:00", "2024-01-01T00:00:00", "2024-01-01T00:00:00+02:00", "2024-01-01T00:00:00+0200", "2024-01-01T24:00:00Z", "2024", "12:30", "12:30:45", "12:30:45.123", "12:30:45.123Z", "25:00", "P1D", "PT5M", "P1W", "P", "PT", "P1Y2M3DT4H5M6.7S", "-P1D", "+P1W2D",
  "dev", "prod", "Dev", "fast", "a", "b", "red", "green", "yes", "auto", "none", "x", "y", "debug", "info", "DEBUG", "production", "development", "test", "us-east-1",
  "sk_test_abc", "sk-abcdefghij", "abcd", "abcde", "abcdefgh", "deadBEEF", "test1", "prefix-prod", "a,b", "a, b ,c", ",", "15m", "*", "ABC", "two words", "x".repeat(20), "x".repeat(31), "x".repeat(32), "x".repeat(300),
  "+491701234567", "+0123", "example.com", "exa_mple", "-x.com", "é", "ß", "İ", "😀", "😀😀", "😀".repeat(4), "\u00a0x\u00a0", "\ufeffx", "\u0085x",
];
export function value(pool) {
  const roll = random();
  if (roll < 0.08) return undefined;
  if (roll < 0.15) return "";
  if (roll < 0.4 && pool.length) return pick(pool);
  const base = pick(VALUES);
  if (roll < 0.85) return base;
  // A small change to something almost right.
  const at = Math.floor(random() * (base.length + 1));
  const change = pick(["", "x", " ", "-", ".", "0", "%", "é", "#", "A"]);
  return (base.slice(0, at) + change + base.slice(at + Math.floor(random() * 2))).toWellFormed();
}

// The string literals of a source file.
export function literalsOf(text) {
  return [...text.matchAll(/(["'`])((?:\\.|(?!\1).)*)\1/g)].map((match) => match[2]);
}
