import pytest

from tests.telephony.serving import Application


@pytest.fixture
def application():
    return Application()
