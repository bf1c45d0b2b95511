"""JSON that is nested as deep as a request may be long, or holds what JSON has not, is refused and harms nothing."""

import pytest
from django.test import Client

DEEP = 30_000


@pytest.mark.parametrize("path", ["/api/pbxs", "/api/sinks", "/api/tokens"])
@pytest.mark.parametrize(
    "body",
    ["[" * DEEP, '{"name":' * DEEP, f'{{"name":{"[" * DEEP}{"]" * DEEP}}}', "1" * DEEP, '{"name":NaN,"kind":1e999999}'],
    ids=["lists", "objects", "a whole one", "a long number", "no numbers"],
)
def test_it_is_refused(admin: Client, path: str, body: str) -> None:
    answer = admin.post(path, body, content_type="application/json")

    assert answer.status_code in (400, 422)
    assert answer.json()["problems"]
