"""Makes this example: three checkpoints of an image and a text tower with a learned scale, and the pairs they are swept on.

python examples/image-text/make.py        (torch 2.15.0, onnx 1.23.2, onnxscript 0.7.2, scikit-learn 1.9.1, pyarrow 26.0.1)

Captions such as "a bold handwritten seven" search images of handwritten digits (8 × 8 pixels, of scikit-learn's load_digits). Trained by a
sigmoid of scale · cosine + bias over pairs, as SigLIP is; scale and bias are learned, stand in no graph, and differ by version. v1 has seen a
third of the training images, v2 two thirds, v3 all; each starts from the one before.
"""
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from sklearn.datasets import load_digits
from torch.nn import functional

here = Path(__file__).resolve().parent
SEED, JUDGED, DIMENSION = 20261128, 600, 16
torch.manual_seed(SEED)
random = np.random.default_rng(SEED)

NAMES = "zero one two three four five six seven eight nine".split()
INKS = ["thin", "bold"]
TEMPLATES = ["a {ink} {name}", "a {ink} handwritten {name}", "the digit {name} in {ink} ink", "{name} {ink}", "an image of a {ink} {name}"]
captions = [(t.format(ink=ink, name=name), d, i) for d, name in enumerate(NAMES) for i, ink in enumerate(INKS) for t in TEMPLATES]
words = {word: k + 1 for k, word in enumerate(sorted({word for text, _, _ in captions for word in text.split()}))}
lists = [[words[word] for word in text.split()] for text, _, _ in captions]
width = max(map(len, lists))
tokens = torch.tensor([[*one, *[0] * (width - len(one))] for one in lists])

digits = load_digits()
pixels = torch.tensor(digits.data / 16, dtype=torch.float32)
ink = pixels.mean(1).numpy()
kind = digits.target * 2 + (ink > np.median(ink))
of_caption = np.array([d * 2 + i for _, d, i in captions])
order = random.permutation(len(pixels))
judged, trained = np.sort(order[:JUDGED]), order[JUDGED:]


class Text(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.words = torch.nn.Embedding(len(words) + 1, DIMENSION)
        self.out = torch.nn.Linear(DIMENSION, DIMENSION)

    def forward(self, tokens, mask):
        mask = mask.unsqueeze(-1)
        return self.out((self.words(tokens) * mask).sum(1) / mask.sum(1).clamp(min=1))


text = Text()
image = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, DIMENSION))
scale, bias = torch.nn.Parameter(torch.tensor(1.5)), torch.nn.Parameter(torch.tensor(-3.0))  # the scale is its exponential


def train(seen, epochs, rate):
    optimiser = torch.optim.Adam([*text.parameters(), *image.parameters(), scale, bias], lr=rate)
    for _ in range(epochs):
        rows = random.permutation(seen)
        for start in range(0, len(rows) - 63, 64):
            batch = rows[start : start + 64]
            cosine = functional.normalize(text(tokens, (tokens > 0).float())) @ functional.normalize(image(pixels[batch])).T
            target = torch.tensor(of_caption[:, None] == kind[batch], dtype=torch.float32)
            loss = functional.binary_cross_entropy_with_logits(scale.exp() * cosine + bias, target)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    print("loss", round(loss.item(), 4), "scale", round(scale.exp().item(), 3), "bias", round(bias.item(), 3))


def export(version):
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length")
    for name, module, example, inputs, shapes in (
        ("text", text, (torch.ones(2, 5, dtype=torch.int64), torch.ones(2, 5)), ["tokens", "mask"], ({0: batch, 1: length},) * 2),
        ("image", image, (torch.zeros(2, 64),), ["pixels"], ({0: batch},)),
    ):
        (here / name).mkdir(exist_ok=True)
        path = str(here / name / f"{version}.onnx")
        torch.onnx.export(module.eval(), example, path, input_names=inputs, output_names=["vector"], dynamic_shapes=shapes, external_data=False, verbose=False)


def embedded():
    with torch.no_grad():
        return functional.normalize(text(tokens, (tokens > 0).float())).numpy(), functional.normalize(image(pixels[judged])).numpy()


vectors, scales, biases = {}, {}, {}
for version, share, epochs, rate in (("v1", 1 / 3, 120, 0.003), ("v2", 2 / 3, 1, 0.0005), ("v3", 1, 1, 0.0005)):
    train(trained[: int(share * len(trained))], epochs, rate)
    export(version)
    vectors[version] = embedded()
    scales[version], biases[version] = round(scale.exp().item(), 4), round(bias.item(), 4)

# All images that match a caption, and twice as many that do not.
rows = []
for c, k in enumerate(of_caption):
    right = np.flatnonzero(kind[judged] == k)
    wrong = random.choice(np.flatnonzero(kind[judged] != k), 2 * len(right), replace=False)
    rows += [(c, i, 1) for i in right] + [(c, i, 0) for i in wrong]
rows = np.array(rows)
labels = rows[:, 2]


def log_loss(version):
    """With the scale of the live query tower, as a mixed pair uses it."""
    cosine = (vectors["v3"][0][rows[:, 0]] * vectors[version][1][rows[:, 1]]).sum(1).astype(np.float64)
    logit = scales["v3"] * cosine + biases["v3"]
    return float(np.mean(np.logaddexp(0, logit) - labels * logit))


expected = {"log_loss": {k: log_loss(v) for k, v in enumerate(("v3", "v2", "v1"))}}
(here / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
print(expected, scales, biases)

(here / "eval").mkdir(exist_ok=True)
table = lambda columns, name: pq.write_table(pa.table(columns), here / "eval" / f"{name}.parquet", compression="zstd")
caption_ids, image_ids = [f"c{i}" for i in range(len(captions))], [f"img{i}" for i in judged]
ink_of = [INKS[i] for _, _, i in captions]
table(
    {"caption_id": [caption_ids[c] for c in rows[:, 0]], "image_id": [image_ids[i] for i in rows[:, 1]], "matches": labels.astype(np.int8), "ink": [ink_of[c] for c in rows[:, 0]]},
    "pairs",
)
table({"caption_id": caption_ids, "tokens": pa.array(lists, pa.list_(pa.int16()))}, "captions")
table({"image_id": image_ids, "pixels": pa.array(pixels[judged].numpy().tolist(), pa.list_(pa.float32()))}, "images")
