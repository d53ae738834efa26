"""t-SNE in a process of its own: `python tsne_child.py VECTORS.npy PLACES.npy SEED`, started by `engine.tsne`.

openTSNE's steps cannot be interrupted; a process can be ended at any moment. It imports nothing of the program. Each
step is told on standard output as `done total`.
"""

import sys

import numpy as np

# More photos than that are too many for a laptop's patience: of a larger library so many are drawn and laid out, and
# the others are put among their nearest.
MOST = 50_000
EXAGGERATED, AFTER = 250, 500  # steps: openTSNE's own defaults
TOLD_EVERY = 5
PERPLEXITY = 30
FEW = 3_000  # photos: with fewer, threads that wait for each other cost more than they give


def tell(done: int, total: int) -> None:
    sys.stdout.write(f"{done} {total}\n")
    sys.stdout.flush()


def main(source: str, target: str, seed: int, most: int = MOST) -> None:
    from openTSNE import TSNEEmbedding, affinity, initialization

    vectors = np.load(source, mmap_mode="r")
    total = EXAGGERATED + AFTER
    chosen = np.arange(len(vectors))
    if len(vectors) > most:
        chosen = np.sort(np.random.default_rng(seed).choice(len(vectors), most, replace=False))
    part = np.ascontiguousarray(vectors[chosen])
    threads = 1 if len(part) < FEW else -1
    tell(0, total)
    near = affinity.PerplexityBasedNN(
        part, perplexity=min(PERPLEXITY, (len(part) - 1) / 3), method="auto", n_jobs=threads, random_state=seed
    )
    # From the principal components, which keep far things in their order; random places would not.
    start = initialization.rescale(part[:, :2].astype(np.float64), inplace=False)
    places = TSNEEmbedding(start, near, n_jobs=threads, random_state=seed)
    done = 0

    def told(step: int, _error: float, _places: object) -> bool:
        tell(done + step, total)
        return False

    for steps, options in ((EXAGGERATED, {"exaggeration": 12, "momentum": 0.5}), (AFTER, {"momentum": 0.8})):
        places = places.optimize(n_iter=steps, callbacks=[told], callbacks_every_iters=TOLD_EVERY, **options)
        done += steps
    result = np.empty((len(vectors), 2), dtype=np.float32)
    result[chosen] = np.asarray(places)
    others = np.setdiff1d(np.arange(len(vectors)), chosen)
    for begin in range(0, len(others), most):
        block = others[begin : begin + most]
        placed = places.prepare_partial(np.ascontiguousarray(vectors[block]), initialization="median", k=10)
        result[block] = np.asarray(placed)
        tell(total, total)
    np.save(target, result)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *map(int, sys.argv[4:5]))
