"""Label states become targets by policy; the states themselves are kept."""

import numpy as np
import pytest

from xray_resnet.findings import LabelState, column_prefix, positions, resolve_targets

EVERY_STATE = np.array([1, 0, -1, 2, 3], np.int8)


def test_by_default_unmentioned_is_negative_and_uncertain_is_left_out() -> None:
    np.testing.assert_array_equal(resolve_targets(EVERY_STATE), np.array([1, 0, np.nan, 0, np.nan], np.float32))


def test_policies_decide_what_the_unclear_states_count_as() -> None:
    policies = {LabelState.UNCERTAIN: "smooth", LabelState.UNMENTIONED: "ones"}
    np.testing.assert_array_equal(resolve_targets(EVERY_STATE, policies), np.array([1, 0, 0.5, 1, np.nan], np.float32))


def test_not_assessed_never_contributes() -> None:
    policies = dict.fromkeys((LabelState.UNCERTAIN, LabelState.UNMENTIONED), "ones")
    assert np.isnan(resolve_targets(EVERY_STATE, policies)[4])


def test_states_are_not_changed_by_resolving_them() -> None:
    states = EVERY_STATE.copy()
    resolve_targets(states)
    np.testing.assert_array_equal(states, EVERY_STATE)


def test_column_prefixes_are_plain_identifiers() -> None:
    assert column_prefix("Pleural Thickening (old)") == "pleural_thickening__old_"


def test_a_finding_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="Hernia"):
        positions(["Mass"], ["Hernia"])
