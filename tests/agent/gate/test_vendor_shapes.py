"""Each vendor's shape is told from what resembles it; test_detectors_every_kind.py holds that each is found."""

import pytest

from agent.gate.detectors import Detectors
from agent.gate.vendor_shapes import SHAPES
from tests.agent.gate.test_detectors_every_kind import KINDS

MISSES = [
    "trace 0d426ec96078f88c0d426ec96078f88c-us-east done",
    "sdk-9da314a1-898c-4867-86b9 is a build",
    "key-value pairs: 32",
    "pat9 at com.example.Patterns.0123",
    "cioService.java:12",
    "dp.pt.short",
    "session 2/1234567890123456 of 9",
    "https://discord.com/api/webhooks/300252478973226892/[redacted:discord-webhook]",
    "https://x.blob.core.windows.net/a.gz?sv=2022-11-02&sig=[redacted:url-signature]",
    "figd_[redacted:figma-token]",
    "app:[redacted:password-hash]:19700:0:99999:7:::",
    "price $6$ and $5$ each",
    "my.module.SomeVeryLongClassNameForTests.inner_.method_of_that_class_which_is_long",
]


@pytest.fixture(scope="module")
def detectors():
    return Detectors()


@pytest.mark.parametrize("text", MISSES)
def test_what_resembles_a_vendor_s_shape_is_let_pass(detectors, text):
    assert list(detectors.finds(f"12:00 x {text} y\n".encode())) == []


def test_every_shape_has_a_kind_that_shows_it_found():
    assert {rule for rule, _ in SHAPES} <= set(KINDS.values())
