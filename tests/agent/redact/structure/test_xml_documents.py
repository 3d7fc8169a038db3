from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

DOCTYPE = '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">'


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<a><password>\n x1\n y\n</password><b>c</b></a>", "<a><password>\n #\n #\n</password><b>c</b></a>"),
        ("<a p='1' password='x\"1' b=\"c\"/>", "<a p='1' password='#' b=\"c\"/>"),
        ("<password><![CDATA[a<b\nc]]></password>", "<password><![CDATA[#\n#]]></password>"),
        ("<secrets><a/>x1<b>y1</b><!-- z --></secrets>", "<secrets><a/>#<b>#</b><!-- z --></secrets>"),
        ('<s name="Password"><value>x1</value></s>', '<s name="Password"><value>#</value></s>'),
        ('<p name="user">jsmith</p>', '<p name="user">user-…</p>'),
        ("<p><name>apiKey</name><value>x1</value></p>", "<p><name>apiKey</name><value>#</value></p>"),
        (
            f"{DOCTYPE}<plist><dict><key>Token</key>\n<data>\nAA==\nBB\n</data><key>n</key><string>x</string></dict></plist>",
            f"{DOCTYPE}<plist><dict><key>Token</key>\n<data>\n#\n#\n</data><key>n</key><string>x</string></dict></plist>",
        ),
        ("<password></password>", "<password></password>"),
        ('<w:Password Type="x#PasswordText">x1</w:Password>', '<w:Password Type="x#PasswordText">#</w:Password>'),
        ("<a><password>x1</a>", "<a><password>x1</a>"),
        ('<!DOCTYPE a [<!ENTITY e "x1">]><password>x1&e;</password>',) * 2,
    ],
)
def test_values_are_masked_in_their_places(by_format, text, left):
    assert by_format("xml", text) == left


def test_a_declared_encoding_is_not_the_one_of_the_bytes_that_come(by_format):
    text = '<?xml version="1.0" encoding="utf-16"?><a>ä<password>ö1</password></a>'
    assert by_format("xml", text) == text.replace("ö1", "#")


@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20),
    secret=st.text("ab1\n ", min_size=1).map(lambda part: f"x1{part}y"),
)
def test_the_shape_and_the_number_of_lines_stay(by_format, text, secret):
    root = ET.Element("root", {"note": text})
    ET.SubElement(root, "password", {"secret": "p4ss"}).text = secret
    ET.SubElement(root, "other").text = text
    written = ET.tostring(root, encoding="unicode")
    redacted = by_format("xml", written)
    left = ET.fromstring(redacted)
    assert [(element.tag, element.attrib.keys()) for element in left.iter()] == [
        (element.tag, element.attrib.keys()) for element in root.iter()
    ]
    assert set((left[0].text or "").split()) == {"#"}
    assert left[0].attrib["secret"] == "#"
    assert redacted.count("\n") == written.count("\n")
    assert redacted.endswith(written[written.index("<other") :])
