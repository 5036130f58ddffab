//! Vendor tokens: secrets that are recognized by their prefix. To add one, add a line to [`TOKENS`].

use std::ops::Range;

use super::values;

/// Characters after the prefix of a token.
#[derive(Clone, Copy)]
enum Body {
    /// Letters and digits.
    Alnum,
    /// Letters, digits and `_`.
    Word,
    /// Letters, digits, `_` and `-`.
    Dash,
    /// All characters of base64, and `. ~ ! *`.
    Base64,
}

impl Body {
    fn contains(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
            || match self {
                Self::Alnum => false,
                Self::Word => byte == b'_',
                Self::Dash => matches!(byte, b'_' | b'-'),
                Self::Base64 => b"_-.~!*+/=:".contains(&byte),
            }
    }
}

/// A prefix, the characters after it, and how many of them at least.
struct Token(&'static str, Body, usize);

use Body::{Alnum, Base64, Dash, Word};

/// Prefixes that only tokens have. The body contains a digit or capitals.
#[rustfmt::skip]
const TOKENS: &[Token] = &[
    // Web tokens, also within an encoded text.
    Token("eyJ", Base64, 8), Token("ZXlK", Base64, 20),
    // Clouds and hosting.
    Token("IQoJb3JpZ2luX2Vj", Base64, 40), Token("FwoGZXIvYXdz", Base64, 40),
    Token("AKIA", Alnum, 12), Token("ASIA", Alnum, 12), Token("ABIA", Alnum, 12),
    Token("ACCA", Alnum, 12), Token("ABSK", Base64, 40), Token("AIza", Dash, 20),
    Token("ya29.", Base64, 8), Token("GOCSPX-", Dash, 16), Token("1//0", Dash, 20),
    Token("LTAI", Alnum, 16), Token("AKID", Alnum, 16), Token("dop_v1_", Alnum, 16),
    Token("doo_v1_", Alnum, 16), Token("dor_v1_", Alnum, 16), Token("HRKU-", Dash, 20),
    Token("fm1_", Base64, 40), Token("fm2_", Base64, 40), Token("fo1_", Dash, 20),
    Token("FlyV1 ", Base64, 20), Token("rnd_", Alnum, 20), Token("nfp_", Alnum, 20),
    Token("nfc_", Alnum, 20), Token("vercel_blob_", Word, 16), Token("vcp_", Alnum, 20),
    Token("vck_", Alnum, 20), Token("vca_", Alnum, 20), Token("vcr_", Alnum, 20),
    Token("vci_", Alnum, 20), Token("cfut_", Dash, 20), Token("cfat_", Dash, 20),
    Token("cfk_", Dash, 20), Token("v1.0-", Dash, 60), Token("sbp_", Word, 8),
    Token("sb_secret_", Dash, 4), Token("napi_", Alnum, 20), Token("npg_", Alnum, 10),
    Token("pscale_tkn_", Dash, 16), Token("pscale_pw_", Dash, 16), Token("pscale_oauth_", Dash, 16),
    Token("tskey-", Dash, 16), Token("dapi", Alnum, 32), Token("pul-", Alnum, 30),
    Token("tfp_", Dash, 20), Token("hvs.", Dash, 20), Token("hvb.", Dash, 20),
    Token("hvr.", Dash, 20), Token(".atlasv1.", Dash, 40), Token("dp.pt.", Alnum, 20),
    Token("dp.st.", Base64, 20), Token("dp.ct.", Alnum, 20), Token("dp.sa.", Alnum, 20),
    Token("dp.scim.", Alnum, 20), Token("dp.audit.", Alnum, 20), Token("ops_eyJ", Base64, 30),
    Token("A3-", Dash, 30), Token("AGE-SECRET-KEY-1", Alnum, 30),
    Token("age-secret-key-1", Alnum, 30), Token("sha256~", Dash, 40), Token("CLOJARS_", Alnum, 40),
    Token("AKCp", Alnum, 50), Token("cmVmd", Alnum, 50), Token("oy2", Alnum, 40),
    Token("ATATT3", Base64, 40), Token("ATCTT3", Base64, 40), Token("ATBB", Alnum, 20),
    Token("ATTA", Alnum, 50), Token("nvapi-", Dash, 30), Token("dnkey-", Dash, 30),
    Token("YCAJE", Dash, 20), Token("t1.9eu", Base64, 20),
    // Code hosting and packages.
    Token("ghp_", Alnum, 16), Token("gho_", Alnum, 16), Token("ghu_", Alnum, 16),
    Token("ghs_", Alnum, 16), Token("ghr_", Alnum, 16), Token("github_pat_", Word, 16),
    Token("glpat-", Base64, 16), Token("gldt-", Dash, 16), Token("glptt-", Dash, 16),
    Token("glrt-", Dash, 16), Token("glrtr-", Dash, 16), Token("gloas-", Dash, 16),
    Token("glcbt-", Dash, 16), Token("glft-", Dash, 16), Token("glsoat-", Dash, 16),
    Token("glimt-", Dash, 16), Token("glagent-", Dash, 16), Token("glffct-", Dash, 16),
    Token("glwt-", Dash, 16), Token("GR1348941", Dash, 16), Token("npm_", Alnum, 20),
    Token("pypi-", Dash, 40), Token("rubygems_", Alnum, 20), Token("bkua_", Alnum, 20),
    Token("sgp_", Word, 30), Token("sgd_", Word, 30), Token("squ_", Alnum, 20),
    Token("sqp_", Alnum, 20), Token("sqa_", Alnum, 20), Token("rdme_", Alnum, 30),
    Token("CCIPAT_", Word, 20), Token("CCIPRJ_", Word, 20), Token("dckr_pat_", Dash, 20),
    Token("dckr_oat_", Dash, 20), Token("pnu_", Alnum, 20), Token("hcaik_", Word, 20),
    Token("figd_", Dash, 16), Token("figo_", Dash, 16), Token("lin_api_", Alnum, 20),
    Token("lin_oauth_", Alnum, 20), Token("ntn_", Alnum, 30), Token("PMAK-", Dash, 40),
    Token("PMAT-", Dash, 20), Token("CFPAT-", Dash, 30), Token("sntrys_", Base64, 30),
    Token("sntryu_", Alnum, 30), Token("phx_", Alnum, 30), Token("phs_", Alnum, 30),
    Token("NRAK-", Alnum, 20), Token("NRJS-", Alnum, 16), Token("NRAL-", Dash, 20),
    Token("NRII-", Dash, 20), Token("NRRA-", Dash, 20), Token("NRIQ-", Dash, 20),
    Token("NRIK-", Dash, 20), Token("glc_", Base64, 20), Token("glsa_", Word, 20),
    Token("eyJrIjoi", Base64, 20), Token("dt0c01.", Base64, 40), Token("dt0s01.", Base64, 40),
    Token("dt0s02.", Base64, 40), Token("dt0s06.", Base64, 40), Token("dt0s08.", Base64, 40),
    Token("dt0s16.", Base64, 40), Token("xaat-", Dash, 20), Token("xapt-", Dash, 20),
    Token("tk-us-", Dash, 40), Token("lsv2_", Word, 20),
    // Payment and shops.
    Token("sk_live_", Word, 8), Token("sk_test_", Word, 8), Token("sk_prod_", Word, 8),
    Token("rk_live_", Word, 8), Token("rk_test_", Word, 8), Token("rk_prod_", Word, 8),
    Token("whsec_", Base64, 8), Token("sq0csp-", Dash, 20), Token("sq0atp-", Dash, 20),
    Token("sq0idp-", Dash, 20), Token("EAAA", Dash, 40), Token("shpat_", Alnum, 20), Token("shpca_", Alnum, 20),
    Token("shppa_", Alnum, 20), Token("shpss_", Alnum, 20), Token("shptka_", Alnum, 20),
    Token("shpua_", Alnum, 20), Token("EZAK", Alnum, 50), Token("EZTK", Alnum, 50),
    Token("shippo_live_", Alnum, 20), Token("shippo_test_", Alnum, 20), Token("FLWSECK", Dash, 16),
    Token("access_token$production$", Alnum, 16), Token("access_token$sandbox$", Alnum, 16),
    Token("duffel_live_", Dash, 20), Token("duffel_test_", Dash, 20),
    Token("access-production-", Dash, 30), Token("access-sandbox-", Dash, 30),
    Token("access-development-", Dash, 30), Token("rzp_live_", Alnum, 10),
    Token("rzp_test_", Alnum, 10), Token("pdl_live_", Word, 20), Token("pdl_sdbx_", Word, 20),
    Token("plaid-", Dash, 30), Token("_secret_", Alnum, 20),
    // Messages and mail.
    Token("xoxb-", Dash, 8), Token("xoxp-", Dash, 8), Token("xoxa-", Dash, 8),
    Token("xoxr-", Dash, 8), Token("xoxs-", Dash, 8), Token("xoxc-", Dash, 8),
    Token("xoxd-", Base64, 8), Token("xoxo-", Dash, 8), Token("xoxe-", Dash, 8),
    Token("xoxe.", Base64, 20), Token("xapp-", Dash, 20), Token("xwfp-", Dash, 20),
    Token("SG.", Base64, 30), Token("xkeysib-", Dash, 30), Token("xsmtpsib-", Dash, 30),
    Token("re_", Word, 20), Token("key-", Alnum, 30), Token("pubkey-", Alnum, 30),
    Token("rsnd_", Word, 20), Token("pk.eyJ", Base64, 30), Token("sk.eyJ", Base64, 30),
    Token("pm_live_", Alnum, 16), Token("SK", Alnum, 32), Token("r8_", Alnum, 20),
    // Models.
    Token("sk-ant-", Dash, 20), Token("sk-proj-", Dash, 20), Token("sk-svcacct-", Dash, 20),
    Token("sk-admin-", Dash, 20), Token("sk-or-v1-", Alnum, 20), Token("sk-lf-", Dash, 20),
    Token("sk-", Dash, 20), Token("sk_", Alnum, 32), Token("gsk_", Alnum, 20),
    Token("hf_", Alnum, 20), Token("api_org_", Alnum, 20), Token("pplx-", Alnum, 20),
    Token("pcsk_", Word, 30), Token("xai-", Alnum, 30), Token("tgp_v1_", Dash, 20),
    Token("fw_", Alnum, 20), Token("csk-", Alnum, 20), Token("tvly-", Dash, 20),
    Token("fc-", Alnum, 30), Token("pa-", Dash, 40), Token("jina_", Alnum, 20),
    Token("key_", Alnum, 60), Token("wandb_v1_", Dash, 20), Token("co_", Alnum, 36),
    // Social networks and media.
    Token("act.", Base64, 16), Token("rft.", Base64, 16), Token("clt.", Base64, 16), Token("EAA", Alnum, 40),
    Token("IGQ", Dash, 40), Token("IGAA", Dash, 40), Token("AAAAAAAAAAAAAAAAAAAAA", Base64, 30),
    Token("pina_", Alnum, 40), Token("sl.", Dash, 40), Token("sl.u.", Dash, 40),
    Token("fio-u-", Dash, 30), Token("tr_dev_", Alnum, 16), Token("tr_prod_", Alnum, 16),
    Token("tr_pat_", Alnum, 16), Token("signkey-", Dash, 20), Token("pat-na1-", Dash, 30),
    Token("pat-eu1-", Dash, 30), Token("patSK", Alnum, 20), Token("sdk-", Dash, 36),
    Token("mob-", Dash, 36), Token("api-", Dash, 36), Token("os_v2_", Word, 30),
    Token("p8e-", Alnum, 30), Token("ico-", Alnum, 30), Token("s-s4t2ud-", Alnum, 40),
    Token("s-s4t2af-", Alnum, 40), Token("sm_pat_", Alnum, 16), Token("sm_sat_", Alnum, 16),
    Token("sm_aat_", Alnum, 16), Token("mm_", Alnum, 40), Token("pat.", Base64, 50),
    Token("sat.", Base64, 50), Token("endr+", Alnum, 16), Token("infisical-", Dash, 30),
    Token("st.", Base64, 60), Token("secret_", Alnum, 40), Token("live_", Alnum, 30),
    Token("test_", Alnum, 30), Token("rpa_", Alnum, 30), Token("apify_api_", Alnum, 20),
    Token("AVNS_", Dash, 16), Token("AQ.Ab", Dash, 30), Token(":APA91b", Dash, 50),
    Token("gAAAAA", Base64, 60), Token("Atza|", Base64, 30), Token("Atzr|", Base64, 30),
    Token("K00", Base64, 28), Token("polar_oat_", Alnum, 20),
    Token("polar_pat_", Alnum, 20), Token("dtn_", Alnum, 40), Token("xprv9", Alnum, 100), Token("nsec1", Alnum, 58), Token("unkey_", Alnum, 16),
    Token("sess-", Alnum, 30), Token("mfa.", Dash, 60),
    Token("zpka_", Word, 20), Token("A21AA", Dash, 60), Token("T3BlbkFJ", Alnum, 16),
    Token("AQVN", Dash, 35), Token("API-", Alnum, 26), Token("CiQ", Dash, 60),
];

/// Length from which a prefix is specific, so that a token can follow other letters, as in `xghp_…`.
const SPECIFIC: usize = 4;

/// Adds the token whose prefix stands at a place.
pub(super) fn find_at(
    text: &str,
    found: Range<usize>,
    index: usize,
    spans: &mut Vec<Range<usize>>,
) {
    let Token(prefix, body, min) = &TOKENS[index];
    let bytes = text.as_bytes();
    let is_joined = found.start > 0 && bytes[found.start - 1].is_ascii_alphanumeric();
    let is_escaped = found.start > 1 && bytes[found.start - 2] == b'\\';
    if is_joined && !is_escaped && (prefix.len() < SPECIFIC || !prefix.ends_with(['_', '-'])) {
        return;
    }
    let rest = &bytes[found.end..];
    let length = rest.iter().take_while(|byte| body.contains(**byte)).count();
    let Some(token) = text.get(found.end..found.end + length) else { return };
    let token = token.trim_end_matches(['.', ':', '!', '*', '/']);
    if token.len() >= *min && is_generated(prefix, token) {
        spans.push(found.start..found.end + token.len());
    }
}

/// The prefixes and their indexes.
pub(super) fn prefixes() -> impl Iterator<Item = (usize, &'static str)> {
    TOKENS.iter().map(|Token(prefix, ..)| *prefix).enumerate()
}

/// Whether the characters after a prefix are not words: `sk-estimators-2024` is no token.
fn is_generated(prefix: &str, body: &str) -> bool {
    let is_specific =
        prefix.len() > SPECIFIC + 1 || prefix.bytes().all(|byte| byte.is_ascii_uppercase());
    body.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| {
        let (changes, upper, digits) = values::changes(part);
        let lower = part.bytes().filter(u8::is_ascii_lowercase).count();
        let is_mixed = (digits > 0 && upper + lower > 0) || (upper > 1 && lower > 1);
        part.len() >= 4 && is_mixed && (is_specific || (changes >= 2 && changes * 8 >= part.len()))
    })
}

#[cfg(test)]
pub(super) fn samples() -> impl Iterator<Item = (&'static str, String)> {
    let letters = "Q7kZ2mXb9Rt4Wc8Vn3Js6Hd5Gf1Lp0TyU";
    TOKENS.iter().map(move |Token(prefix, _, min)| {
        let body: String = letters.chars().cycle().skip(prefix.len()).take((*min).max(8)).collect();
        (*prefix, format!("{prefix}{body}"))
    })
}
