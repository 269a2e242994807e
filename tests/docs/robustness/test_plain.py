"""A net that the plain recipe left computes in the study what it computes in timm."""

from pathlib import Path

import numpy as np
import pytest
import torch

from docs.robustness import contestants
from docs.robustness.contestants import open_plain, timm


@pytest.mark.slow
def test_a_plain_net_gives_timms_logits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contestants, "PLAIN_NETWORK", "resnetv2_18")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = timm.create_model("resnetv2_18", in_chans=1, num_classes=1).eval()
    torch.save({"state": net.state_dict(), "mean": 0.5, "std": 0.25, "size": 64}, tmp_path / "plain.pt")
    contestant = open_plain(tmp_path / "plain.pt", tmp_path / "nets")
    views = np.random.default_rng(0).integers(0, 256, (3, 64, 64)).astype(np.uint8)
    with torch.inference_mode():
        expected = net(torch.from_numpy((views[:, None] / 255 - 0.5) / 0.25).float())[:, 0].numpy()
    np.testing.assert_allclose(contestant.score(views, contestant.compile("fp32")), expected, rtol=1e-3, atol=1e-4)
