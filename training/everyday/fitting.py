"""Training the network on windows drawn from a Store, and asking it about windows."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from corpus import STORE_RATE_HZ, Store
from network import (
    LOOKAHEAD_S,
    NUM_MEMBERS,
    RATE_HZ,
    WINDOW_FRAMES,
    EverydaySmall,
    Member,
    Network,
    NetworkName,
    assembled,
    make_member,
)
from numpy.typing import NDArray
from vocabulary import CLASS_NAMES, KINDS, class_of

from poseact.augment import AugmentSettings, augment, body_size, virtual_camera

STEP = STORE_RATE_HZ / RATE_HZ
# From the seed of one member to that of the next.
MEMBER_STEP = 5000


@dataclass(frozen=True)
class FitSettings:
    """One training run.

    `speed` is the logarithm of the largest change of tempo; `members` are how many networks make the model,
    by default NUM_MEMBERS.
    """

    steps: int = 3000
    batch: int = 128
    learning_rate: float = 2.5e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    speed: float = 0.25
    network: NetworkName = "everyday"
    members: int | None = None
    augment: AugmentSettings = field(default_factory=AugmentSettings)


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
# Each kind of *other*, beside 1 for each class: all of them together are as frequent as five classes.
OTHER_KIND_WEIGHT = 0.13
# The actor's largest share of a kind that people show too, and of a class that people show.
ACTOR_SHARE_OF_KIND = 0.44
ACTOR_SHARE_OF_CLASS = 0.45


def sampling_weights(store: Store, use: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(items,) chances: first the kind of motion, then the source, then the group, then by length.

    What is two kinds at once comes up for each of them half as often.
    """
    # A set without groups counts every clip as one.
    own_group = np.array([g or item.name for g, item in zip(store.group, store.items, strict=True)])
    weights = np.zeros((len(KINDS), len(store.items)))
    for k, name in enumerate(KINDS):
        in_kind = use & (store.kind[:, k] > 0)
        share = OTHER_KIND_WEIGHT if class_of(name) == "other" else 1.0
        weights[k] = share * _shares_of_sources(store, in_kind, own_group) * store.kind[:, k]
    actor = store.source == "actor"
    for name in CLASS_NAMES:
        rows = [k for k, kind in enumerate(KINDS) if class_of(kind) == name]
        by_actor, by_people = weights[rows][:, actor].sum(), weights[rows][:, ~actor].sum()
        if by_people > 0:
            most = ACTOR_SHARE_OF_CLASS / (1 - ACTOR_SHARE_OF_CLASS) * by_people
            weights[np.ix_(rows, np.flatnonzero(actor))] *= min(1.0, most / max(by_actor, 1e-12))
    chances = weights.sum(axis=0)
    return np.asarray(chances / chances.sum())


def _shares_of_sources(
    store: Store, use: NDArray[np.bool_], own_group: NDArray[np.str_]
) -> NDArray[np.float64]:
    """(items,): chances of the items `use`, which sum to 1, or to 0 where there are none."""
    weights = np.zeros(len(store.items))
    span = (store.high - store.low) + 10.0
    sources = {s: use & (store.source == s) for s in np.unique(store.source[use])}
    shares = {s: SOURCE_WEIGHT[s] * min(len(np.unique(own_group[m])), 30) ** 0.5 for s, m in sources.items()}
    people = sum(share for s, share in shares.items() if s != "actor")
    if "actor" in shares and people > 0:
        most = ACTOR_SHARE_OF_KIND / (1 - ACTOR_SHARE_OF_KIND) * people
        shares["actor"] = min(shares["actor"], most)
    for s, mask in sources.items():
        index = np.flatnonzero(mask)
        _, group = np.unique(own_group[index], return_inverse=True)
        in_group = np.bincount(group, span[index])[group]
        weights[index] = shares[s] / sum(shares.values()) * span[index] / in_group / (group.max() + 1)
    return weights


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
) -> Network:
    """Train on the items where `use` is set; the last states are the result, nothing is selected."""
    settings = settings or FitSettings()
    num = settings.members or NUM_MEMBERS[settings.network]
    return assembled([_member(store, use, seed + MEMBER_STEP * m, settings, log) for m in range(num)])


def _member(
    store: Store, use: NDArray[np.bool_], seed: int, settings: FitSettings, log: Callable[[str], None]
) -> Member:
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = make_member(settings.network)
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
        target = torch.from_numpy(store.kind[index])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=settings.network == "everyday"):
            logits = net.kinds(*net.inputs(keypoints, confidence))
        loss = torch.nn.functional.cross_entropy(
            logits.float(), target, label_smoothing=settings.label_smoothing
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        running += loss.item()
        if (step + 1) % 400 == 0:
            log(f"  step {step + 1}: loss {running / 400:.3f}, {time.process_time() - started:.0f} CPU s")
            running = 0.0
    net.eval()
    return net


def logits_of(
    net: Network, keypoints: NDArray[np.float32], confidence: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(N, K) for windows (N, T, 13, 2)."""
    out = []
    with torch.inference_mode():
        for start in range(0, len(keypoints), 512):
            part = slice(start, start + 512)
            out.append(net(*net.inputs(keypoints[part], confidence[part])).numpy())
    return np.concatenate(out) if out else np.zeros((0, len(CLASS_NAMES)), np.float32)


def centers_along(
    store: Store, index: NDArray[np.intp], stride_s: float
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Item and centre of each window: evenly along each item, `stride_s` apart or up to twice that."""
    owners, centers = [], []
    for i in index.tolist():
        count = max(int((store.high[i] - store.low[i]) / (stride_s * STORE_RATE_HZ)), 0) + 1
        middle = (store.low[i] + store.high[i]) / 2
        along = np.linspace(store.low[i], store.high[i], count) if count > 1 else np.array([middle])
        owners.append(np.full(count, i, np.intp))
        centers.append(along)
    return np.concatenate(owners), np.concatenate(centers)


def item_logits(
    net: Network, store: Store, index: NDArray[np.intp], stride_s: float = 0.3, *, stepped: bool = True
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Logits of plain windows over each item, and the item that each belongs to.

    Sets in metres are seen straight from the front. A network that can be stepped is stepped from the
    beginning of the track on, unless `stepped` is false.
    """
    owner, center = centers_along(store, index, stride_s)
    if isinstance(net, EverydaySmall) and stepped:
        return stepped_logits(net, store, owner, center), owner
    step = np.full(len(owner), STEP)
    points, confidence = store.windows(owner, center, WINDOW_FRAMES, step, ahead_of(net))
    return logits_of(net, points[..., :2], confidence), owner


def ahead_of(net: Network) -> float:
    """Store frames that the network's windows look ahead when it is asked."""
    return np.inf if isinstance(net, EverydaySmall) else LOOKAHEAD_S * STORE_RATE_HZ


def stepped_logits(
    net: EverydaySmall, store: Store, owner: NDArray[np.intp], center: NDArray[np.float64]
) -> NDArray[np.float32]:
    """(N, K): mean logarithm of the probabilities of the frames from each centre to half a window later.

    That is the later half of the window about the centre, of which the network learnt the label.
    """
    half = WINDOW_FRAMES // 2
    first = np.rint(center / STEP).astype(np.intp)
    out = np.zeros((len(owner), len(CLASS_NAMES)), np.float32)
    items = np.unique(owner)
    items = items[np.argsort(store.length[items])]  # tracks of like length together
    for start in range(0, len(items), 256):
        some = np.sort(items[start : start + 256])
        frames = int(store.length[some].max() / STEP) + half + 2
        middle, step = np.full(len(some), (frames - 1) / 2 * STEP), np.full(len(some), STEP)
        points, confidence = store.windows(some, middle, frames, step)
        said = _stepped(net, points[..., :2], confidence)
        sums = np.concatenate([np.zeros_like(said[:1]), said.cumsum(axis=0)])
        rows = np.flatnonzero(np.isin(owner, some))
        track = np.searchsorted(some, owner[rows])
        out[rows] = (sums[first[rows] + half, track] - sums[first[rows], track]) / half
    return out


def _stepped(
    net: EverydaySmall, points: NDArray[np.float32], confidence: NDArray[np.float32]
) -> NDArray[np.float64]:
    """(T, N, K) logarithms of probabilities, frame by frame."""
    keypoints, mask = net.inputs(points, confidence)
    state, said = torch.zeros(len(points), net.state_size), []
    with torch.inference_mode():
        for t in range(keypoints.shape[2]):
            logits, state = net.step(keypoints[:, :, t], mask[:, :, t], state)
            said.append(logits.log_softmax(dim=1).double().numpy())
    return np.stack(said)


def mean_probabilities(
    logits: NDArray[np.float32], owner: NDArray[np.intp], items: NDArray[np.intp]
) -> NDArray[np.float64]:
    """(items, K): mean over the windows of each item."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return np.stack([probabilities[owner == i].mean(axis=0) for i in items])
