"""How alike maps are."""

import numpy as np
import pytest

from xray_resnet.explain.similarity import compare_ranks, compare_structure

MAPS = np.random.default_rng(0).random((3, 7, 7)).astype(np.float32)


def test_a_map_is_like_itself_and_unlike_its_negative() -> None:
    np.testing.assert_allclose(compare_ranks(MAPS, MAPS), 1)
    np.testing.assert_allclose(compare_structure(MAPS, MAPS), 1, atol=1e-6)
    np.testing.assert_allclose(compare_ranks(MAPS, 1 - MAPS), -1)
    assert (compare_structure(MAPS, 1 - MAPS) < 0).all()


def test_each_map_is_compared_with_its_own_other() -> None:
    found = compare_structure(MAPS, MAPS[[1, 1, 2]])
    assert found[1:] == pytest.approx([1, 1], abs=1e-6) and found[0] < 0.5
    assert compare_ranks(MAPS, MAPS[[1, 1, 2]])[0] < 0.5
