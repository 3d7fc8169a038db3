"""What reg query prints is read key by key."""

from hypothesis import given
from hypothesis import strategies as st

from collectors._windows_registry import parse, values_of

ANSWER = (
    "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Example\r\n"
    "    (Default)    REG_SZ    \r\n"
    "    Install Path    REG_EXPAND_SZ    C:\\Program Files\\Example\r\n"
    "    Count    REG_DWORD    0x1f\r\n"
    "    Bad    REG_DWORD    no number\r\n"
    "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Example\\Sub\r\n"
    "    Empty    REG_SZ\r\n"
    "\r\nEnd of search: 2 match(es) found.\r\n"
)


def test_names_may_hold_spaces_values_may_be_empty_and_numbers_are_decimal():
    assert parse(ANSWER) == {
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Example": {
            "(Default)": "",
            "Install Path": r"C:\Program Files\Example",
            "Count": "31",
            "Bad": "no number",
        },
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Example\Sub": {"Empty": ""},
    }


def test_the_values_of_one_key_need_no_key():
    assert values_of(ANSWER)["Count"] == "31"


@given(st.text(st.sampled_from("HKEY_REGSZDWOR 0xg\n\r\t"), max_size=200))
def test_no_answer_is_too_broken_to_be_read(text):
    parse(text)
