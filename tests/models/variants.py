"""Small networks that have every part of the tables among them."""

from xray_resnet.models import Architecture

VARIANTS = {
    "original": Architecture("basic", (1, 1), "original", "dropout", "small", 8, shape_change="padding"),
    "bn_after_addition": Architecture(
        "basic", (1, 1), "bn_after_addition", "exclusive_gating", "small", 8, gate="scalar"
    ),
    "plain": Architecture("basic", (2, 1), "relu_before_addition", "none", "small", 8),
    "relu_only": Architecture(
        "basic", (1, 2), "relu_only_preactivation", "1x1_convolution", "small", 8, gate="decayed_identity",
        first_activation="before_split",
    ),
    "pruned": Architecture(
        "basic", (2, 2), stem="small", base_width=8, gate="strict_identity", squeeze_excitation=True, removed=(1, 4)
    ),
    "blurred": Architecture("bottleneck", (1, 1), base_width=8, blur_pool=True, stochastic_depth=0.4, stride_on="1x1"),
    "scaled": Architecture(
        "basic", (1, 1), shortcut="constant_scaling", stem="small", base_width=8, first_activation="before_split"
    ),
    "gated": Architecture("bottleneck", (1, 1), shortcut="shortcut_only_gating", stem="small", base_width=8,
                          in_channels=3, zero_init=False),
    "dilated": Architecture("bottleneck", (1, 1, 2), stem="small", base_width=8, dilated_stages=2),
}  # fmt: skip
