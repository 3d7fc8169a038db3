"""A new credential: both are good until the new one is used, then that alone."""


def _status(desk, credential):
    return desk.api("GET", "me", headers={"Authorization": f"Bearer {credential}"}).status_code


def test_the_old_one_ends_by_the_first_use_of_the_new(desk, enrol):
    device = enrol(desk)
    answer = device.api("POST", "me/credential")
    new = answer.json()["credential"]
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert _status(desk, device.credential) == 200  # the answer may have been lost
    assert [_status(desk, new), _status(desk, device.credential), _status(desk, new)] == [200, 401, 200]
    kept = b"".join(file.read_bytes() for file in desk.state_folder.glob("desk.sqlite3*"))
    assert new.split(".")[1].encode() not in kept


def test_one_that_was_lost_is_worth_nothing_after_the_next(desk, enrol):
    device = enrol(desk)
    lost, new = (device.api("POST", "me/credential").json()["credential"] for _ in range(2))
    assert [_status(desk, lost), _status(desk, new)] == [401, 200]


def test_its_public_half_alone_changes_nothing(desk, enrol):
    device = enrol(desk)
    new = device.api("POST", "me/credential").json()["credential"]
    assert _status(desk, f"{new.split('.')[0]}.guessed") == 401
    assert _status(desk, ".") == _status(desk, "") == 401
    assert _status(desk, device.credential) == 200
