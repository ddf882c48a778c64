"""A machine without a compiler trains all the same, and is told why it is slower."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from model import pretrain
from model.pretrain import Pretraining, why_not_compiled
from model.pretrain_config import PretrainConfig
from model.run_files import Batches


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch._inductor.config as inductor

    torch._dynamo.reset()
    monkeypatch.setattr(inductor.cpp, "cxx", ("no-such-compiler",))
    monkeypatch.setattr(inductor, "force_disable_caches", True)
    reason = why_not_compiled()
    torch._dynamo.reset()
    assert reason
    assert "\n" not in reason


def test_a_run_goes_on_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.zeros((8, 150, 150), np.uint8)
    config = replace(PretrainConfig(), architecture="resnet14", batch_size=4, compile=True)
    monkeypatch.setattr(pretrain, "why_not_compiled", lambda: "no C++ compiler")
    with pytest.warns(UserWarning, match="without torch.compile: no C\\+\\+ compiler"):
        module = Pretraining(Batches([images], config), config)
    assert module.learner.encoder._compiled_call_impl is None
