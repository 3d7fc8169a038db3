"""What signs that look like others hide is found, and masked where it stands."""

import pytest

from agent.redact.disguised import DISGUISE, is_disguised, looks


def test_emphasis_alone_hides_nothing_but_secrets():
    assert is_disguised(b"<b>x</b>", may_mask=True)
    assert not is_disguised(b"<b>x</b>", may_mask=False)
    assert is_disguised("x\uff1ay".encode(), may_mask=False)
    assert not is_disguised(b"x: y...", may_mask=True)


def test_a_sign_looks_like_one_of_ascii_or_like_none():
    line = "a\uff1ab\u200bc\u00a0d\\uff1de".encode()
    assert DISGUISE.sub(looks, line) == b"a:bc d=e"
    coded = (
        rb"\x22 \x27 \u0022 \u{27} \042 #047 &quot; &apos; &lt;&gt; &#34; &#039; &#x22; %22 %27%20 %3a %3D =3D" + b'"'
    )
    assert DISGUISE.sub(looks, coded) == b'" \' " \' " \' " \' <> " \' " " \'  : = ="'


@pytest.mark.parametrize(
    "line",
    [
        "password\uff1aTea_Pot38xWalnut",
        "password\uff1dTea_Pot38xWalnut",
        "password\\uff1aTea_Pot38xWalnut",
        "pass\\u200bword\\u00a0: Tea_Pot38xWalnut",
        "api_key\uff1a\uff02Tea_Pot38xWalnut\uff02\uff0cregion\uff1anorth",
        "pass\u200bword\u200b: \u200bTea_Pot38xWalnut",
        "\u200epassword\u200e: Tea_Pot38xWalnut",
        "Mot de passe\u00a0: Tea_Pot38xWalnut",
        "API key\u202f:\u00a0Tea_Pot38xWalnut",
        "<b>password</b>: <code>Tea_Pot38xWalnut</code>",
        '<p><strong class="a">Password:</strong> Tea_Pot38xWalnut</p>',
        "password............Tea_Pot38xWalnut",
        r"{\x22password\x22:\x22Tea_Pot38xWalnut\x22}",
        r"{\u0022password\u0022:\u0022Tea_Pot38xWalnut\u0022}",
        r"[\x22mysql\x22,\x22-u\x22,\x22root\x22,\x22-pTea_Pot38xWalnut\x22]",
        "{#042password#042:#042Tea_Pot38xWalnut#042}",
        r"{\042password\042:\042Tea_Pot38xWalnut\042}",
        r"\u{22}password\u{22}: \u{22}Tea_Pot38xWalnut\u{22}",
        "the password for root is &#34;Tea_Pot38xWalnut&#34;",
        "body: &lt;wsse:Password Type=&quot;x&quot;&gt;Tea_Pot38xWalnut&lt;/wsse:Password&gt;",
        '<a password=3D"Tea_Pot38xWalnut" x=3D"1"/>',
        "curl%20-u%20%22bob%3ATea_Pot38xWalnut%22%20https%3A//h/",
        "\u2068password\u2069: \u2068Tea_Pot38xWalnut\u2069",
        "password:\u2028Tea_Pot38xWalnut",
        "API key\u2026\u2026\u2026Tea_Pot38xWalnut",
    ],
)
def test_signs_that_look_like_others_hide_nothing(redactor, line):
    redacted = redactor.text(line)[0]
    assert "Pot38" not in redacted
    assert redacted.startswith(line[:4])
    assert redacted.endswith("</p>" if line.endswith("</p>") else line[-5:].partition("nut")[2])


def test_what_looks_like_others_and_is_ordinary_stays(redactor):
    for line in (
        "\u9519\u8bef\uff1a\u8fde\u63a5\u8d85\u65f6\uff0ctoken\uff1a\u65e0\u6548",
        "checking token.........ok",
        '<span class="a">password</span>: required, <b>Invalid password</b>: try again',
        "Espace libre\u00a0: 12 Go, mot de passe\u00a0: incorrect",
    ):
        assert redactor.text(line) == (line, {})
