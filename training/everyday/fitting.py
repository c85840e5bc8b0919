"""Training the network on windows drawn from a Store, and asking it about windows."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from corpus import STORE_RATE_HZ, Store
from network import EverydayNet
from numpy.typing import NDArray
from vocabulary import CLASS_NAMES

from poseact.augment import AugmentSettings, augment, body_size, virtual_camera
from poseact.features import FeatureSettings, num_features, window_features

RATE_HZ = 18.0
WINDOW_FRAMES = 32
STEP = STORE_RATE_HZ / RATE_HZ


@dataclass(frozen=True)
class FitSettings:
    """One training run."""

    steps: int = 1200
    batch: int = 128
    learning_rate: float = 2.5e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    speed: float = 0.25
    width: int = 96
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    features: FeatureSettings = field(default_factory=FeatureSettings)


# How much of a class comes from each source, in relation to others: estimated poses of real
# people count most, because that is what the model will see; the actor never outweighs people.
SOURCE_WEIGHT: dict[str, float] = {
    "videos": 4.0,
    "up-fall": 1.5,
    "actor": 1.0,
    "penn-action": 1.5,
    "jhmdb": 1.5,
    "utd-mhad": 1.0,
    "msr-action3d": 1.0,
    "sbu-interaction": 0.7,
    "har-video": 1.5,
}
CLASS_WEIGHT: dict[str, float] = {"other": 2.5}


def sampling_weights(store: Store, use: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(items,) chances: first the class, then the source, then the group, then by length."""
    span = (store.high - store.low) + 10.0
    weights = np.zeros(len(store.items))
    # A set without groups counts every clip as one.
    own_group = np.array([g or item.name for g, item in zip(store.group, store.items, strict=True)])
    for k, name in enumerate(CLASS_NAMES):
        in_class = use & (store.target[:, k] > 0)
        sources = {s: in_class & (store.source == s) for s in np.unique(store.source[in_class])}
        counts = {s: len(np.unique(own_group[mask])) for s, mask in sources.items()}
        shares = {s: SOURCE_WEIGHT[s] * min(counts[s], 30) ** 0.5 for s in sources}
        people = sum(share for s, share in shares.items() if s != "actor")
        if "actor" in shares and people > 0:
            shares["actor"] = min(shares["actor"], 0.8 * people)
        for s, mask in sources.items():
            index = np.flatnonzero(mask)
            _, group = np.unique(own_group[index], return_inverse=True)
            in_group = np.bincount(group, span[index])[group]
            share = span[index] / in_group / (group.max() + 1)
            weights[index] += (
                CLASS_WEIGHT.get(name, 1.0)
                * shares[s]
                / sum(shares.values())
                * share
                * store.target[index, k]
            )
    return weights / weights.sum()


def random_windows(
    store: Store, index: NDArray[np.intp], rng: np.random.Generator, settings: FitSettings
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Augmented windows (N, T, 13, 2) and confidence of the given items, at random centres and speeds."""
    centers = store.low[index] + rng.random(len(index)) * (store.high - store.low)[index]
    step = STEP * np.exp(rng.uniform(-settings.speed, settings.speed, len(index)))
    points, confidence = store.windows(index, centers, WINDOW_FRAMES, step)
    flat = points[..., :2].copy()
    deep = store.is_3d[index]
    if deep.any():
        flat[deep] = virtual_camera(points[deep], rng)
    flat = np.where(deep[:, None, None, None], flat, flat / body_size(flat)[1])
    return augment(flat, rng, settings.augment), confidence


def fit(
    store: Store,
    use: NDArray[np.bool_],
    seed: int,
    settings: FitSettings | None = None,
    log: Callable[[str], None] = print,
) -> EverydayNet:
    """Train on the items where `use` is set; the last state is the result, nothing is selected."""
    settings = settings or FitSettings()
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = EverydayNet(num_features(), len(CLASS_NAMES), settings.width)
    optimizer = torch.optim.AdamW(
        net.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=settings.steps, pct_start=0.15
    )
    chances = np.cumsum(sampling_weights(store, use))
    started, running = time.process_time(), 0.0
    net.train()
    for step in range(settings.steps):
        index = np.searchsorted(chances, rng.random(settings.batch) * chances[-1]).clip(0, len(chances) - 1)
        keypoints, confidence = random_windows(store, index, rng, settings)
        features = torch.from_numpy(window_features(keypoints, confidence, settings.features))
        target = torch.from_numpy(store.target[index])
        loss = torch.nn.functional.cross_entropy(
            net(features), target, label_smoothing=settings.label_smoothing
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        running += loss.item()
        if (step + 1) % 400 == 0:
            log(f"  step {step + 1}: loss {running / 400:.3f}, {time.process_time() - started:.0f} CPU s")
            running = 0.0
    return net.eval()


def logits_of(
    net: EverydayNet,
    keypoints: NDArray[np.float32],
    confidence: NDArray[np.float32],
    features: FeatureSettings | None = None,
) -> NDArray[np.float32]:
    """(N, K) for windows (N, T, 13, 2)."""
    out = []
    with torch.inference_mode():
        for start in range(0, len(keypoints), 512):
            part = slice(start, start + 512)
            made = window_features(keypoints[part], confidence[part], features or FeatureSettings())
            out.append(net(torch.from_numpy(made)).numpy())
    return np.concatenate(out) if out else np.zeros((0, len(CLASS_NAMES)), np.float32)


def item_logits(
    net: EverydayNet, store: Store, index: NDArray[np.intp], stride_s: float = 0.3
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Logits of plain windows over each item, and the item that each belongs to.

    Sets in metres are seen straight from the front.
    """
    owners, centers = [], []
    for i in index:
        count = max(int((store.high[i] - store.low[i]) / (stride_s * STORE_RATE_HZ)), 0) + 1
        centers.append(
            np.linspace(store.low[i], store.high[i], count)
            if count > 1
            else np.array([(store.low[i] + store.high[i]) / 2])
        )
        owners.append(np.full(len(centers[-1]), i))
    owner = np.concatenate(owners)
    points, confidence = store.windows(
        owner, np.concatenate(centers), WINDOW_FRAMES, np.full(len(owner), STEP)
    )
    return logits_of(net, points[..., :2], confidence), owner


def mean_probabilities(
    logits: NDArray[np.float32], owner: NDArray[np.intp], items: NDArray[np.intp]
) -> NDArray[np.float64]:
    """(items, K): mean over the windows of each item."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return np.stack([probabilities[owner == i].mean(axis=0) for i in items])
