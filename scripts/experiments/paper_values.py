"""Tables and figures of Slijepcevic et al. 2024: their names, and the numbers ours stand beside.

Errors in per cent with their standard errors. Figures without numbers in the text (4, 5, 7, 9-11)
are not read off the plots.
"""

Error = tuple[float, float]

TITLES = {
    "fig2": "Fig. 2: the map coloured by angular extent",
    "fig3": "Fig. 3: a joint map of catalogue and MiraBest",
    "table6": "Table 6: MiraBest Confident test error by number of labels",
    "fig4": "Fig. 4: Table 6 as a curve",
    "fig5": "Fig. 5: MiraBest Uncertain test error by number of labels",
    "fig6": "Fig. 6: hybrids as queries",
    "fig7": "Fig. 7: test error by number of fine-tuned layers",
    "table7": "Table 7: across surveys",
    "table8": "Table 8: cut on angular extent",
    "fig9": "Fig. 9: centre crop",
    "fig10": "Fig. 10: random crop",
    "fig11": "Fig. 11: blur",
    "table9": "Table 9: number of layers",
    "table10": "Table 10: ablation of the views",
}
"""What can be done again, by the name of the experiment."""

TABLE_6: dict[int, dict[str, Error]] = {
    36: {"supervised": (19.03, 1.39), "finetune": (16.15, 1.00)},
    72: {"supervised": (18.75, 0.73), "finetune": (11.83, 0.11)},
    145: {"supervised": (11.92, 0.50), "finetune": (7.79, 0.76)},
    291: {"supervised": (7.02, 0.63), "finetune": (4.90, 0.53)},
    437: {"supervised": (5.77, 0.54), "finetune": (4.52, 0.52)},
    583: {"supervised": (5.10, 0.29), "finetune": (4.33, 0.36)},
    656: {"supervised": (4.81, 0.16), "finetune": (3.08, 0.35)},
    729: {"supervised": (4.81, 0.16), "finetune": (1.92, 0.25)},
}
"""MiraBest Confident test error by number of labels, 10 seeds."""

TABLE_8: dict[int, Error] = {
    15: (8.80, 0.56),
    17: (9.29, 0.60),
    19: (8.63, 0.59),
    20: (8.14, 0.43),
    21: (9.78, 0.59),
    22: (9.18, 0.58),
    23: (8.09, 0.35),
    24: (8.47, 0.50),
    25: (8.58, 0.68),
    26: (10.05, 0.59),
    27: (8.74, 0.53),
    28: (8.80, 0.52),
}
"""Linear evaluation, validation error by cut threshold in arcsec."""

TABLE_9: dict[str, Error] = {
    "resnet14": (9.58, 0.64),
    "resnet18": (8.20, 0.64),
    "resnet34": (8.20, 0.57),
}
"""Linear evaluation by number of layers."""

TABLE_7: dict[str, tuple[Error, Error, Error]] = {
    "supervised-b": ((16.39, 0.16), (32.64, 0.11), (34.07, 0.90)),
    "supervised-a": ((14.70, 0.45), (5.48, 0.35), (11.37, 0.31)),
    "finetune-a": ((14.00, 0.40), (1.98, 0.32), (8.76, 0.42)),
    "finetune-b": ((8.61, 0.11), (23.86, 0.78), (28.84, 0.74)),
    "finetune-both": ((8.61, 0.08), (4.36, 0.33), (9.79, 0.29)),
}
"""a: MiraBest, b: MIGHTEE; tested on MIGHTEE, MiraBest Confident, MiraBest Uncertain."""

TABLE_10: dict[str, tuple[Error, Error]] = {
    "rotation+crop+flip+jitter+blur": ((8.33, 0.40), (2.22, 0.31)),
    "crop+flip+jitter+blur": ((6.44, 0.64), (2.31, 0.21)),
    "rotation+flip+jitter+blur": ((13.46, 0.64), (4.33, 0.33)),
    "rotation+crop+jitter+blur": ((7.40, 0.64), (2.31, 0.41)),
    "rotation+crop+flip+blur": ((8.37, 0.35), (3.17, 0.29)),
    "rotation+crop+flip+jitter": ((8.08, 0.60), (3.28, 0.38)),
    "rotation+crop+blur": ((9.81, 0.28), (3.75, 0.30)),
    "rotation+flip+blur": ((12.86, 0.30), (3.75, 0.70)),
    "crop+flip+blur": ((6.63, 0.64), (3.75, 0.30)),
    "rotation": ((8.85, 0.51), (5.38, 0.41)),
    "crop": ((8.94, 0.25), (5.10, 0.25)),
    "flip": ((23.75, 0.35), (10.00, 0.29)),
    "jitter": ((18.06, 0.68), (6.06, 0.38)),
    "blur": ((20.96, 0.81), (3.85, 0.35)),
    "none": ((24.52, 0.58), (6.35, 0.33)),
}
"""Test error of linear evaluation and of fine-tuning, by the views that were kept."""
