"""The server that stands for vendors: routes, and the troubles it makes on a real socket."""

from __future__ import annotations

import pytest
import requests

from tests.vendors.server import Reply, VendorServer


def test_routes_and_troubles():
    acted = []

    def greet(request):
        acted.append(request.found)
        return Reply(201, {"hello": request.found[0], "told": request.value, "query": request.query})

    with VendorServer({("POST", r"/greet/(\w+)"): greet}).running() as vendor:

        def ask(path="/greet/jo?a=1"):
            return requests.post(vendor.base + path, json=[1], timeout=5)

        assert ask().json() == {"hello": "jo", "told": [1], "query": {"a": ["1"]}}
        assert ask("/nothing").status_code == 404
        vendor.troubles = ["cut before", "cut after", "truncate", Reply(429, {}, headers={"Retry-After": "3"}), None]
        for _ in range(3):
            with pytest.raises(requests.exceptions.RequestException):
                ask()
        assert (ask().headers["Retry-After"], ask().status_code) == ("3", 201)
    assert acted == [("jo",)] * 4
    assert len(vendor.requests) == 6
