"""The setting reaches the units of the network that is trained."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.training.test_fit import KilledError, make_config, make_data
from xray_resnet.models import PreActResNet
from xray_resnet.training import fit


@pytest.mark.parametrize("wanted", [True, False])
def test_a_run_recomputes_if_it_is_asked_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: bool) -> None:
    config = make_config(make_data(tmp_path / "data"), tmp_path / "runs")

    def look(*arguments: Any, **_: Any) -> None:
        (model,) = (one for one in arguments if isinstance(one, PreActResNet))
        assert {unit.recompute for stage in model.stages for unit in stage} == {wanted}
        raise KilledError("by the test")

    monkeypatch.setattr(fit, "_fit", look)
    with pytest.raises(KilledError, match="by the test"):
        fit.train(replace(config, model=replace(config.model, recompute=wanted)))
