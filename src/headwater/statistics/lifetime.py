"""How often customers will buy again, and for how much: BG/NBD and Gamma-Gamma.

P. S. Fader, B. G. S. Hardie, K. L. Lee, "Counting your customers the easy way: an alternative to
the Pareto/NBD model", Marketing Science 24 (2005) 275-284; P. S. Fader, B. G. S. Hardie, "The
Gamma-Gamma model of monetary value" (2013). Customers are rows of x (repeat purchases), t_x (time
of the last, since the first), T (time since the first) and a weight: how many are alike.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

_LEAST: Final = 1e-6


class Buying(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of BG/NBD: of how often (r, alpha), and of when customers stop (a, b)."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float


class Spending(msgspec.Struct, frozen=True, rename="camel"):
    """The parameters of Gamma-Gamma."""

    p: float
    q: float
    v: float
    log_likelihood: float


def buying(x: Any, t_x: Any, age: Any, weight: Any = None) -> Buying:
    """The parameters that make the purchases likeliest (formula 6 of the paper)."""
    import numpy as np
    from scipy.special import gammaln

    x, t_x, age = (np.asarray(each, float) for each in (x, t_x, age))
    if not len(x) or x.max() <= 0:
        raise ValueError("Nobody bought twice, so that nothing is known of buying again.")
    weight = np.ones_like(x) if weight is None else np.asarray(weight, float)
    # Time in units in which parameters are near one another whatever the unit of the data.
    scale = float(np.average(age, weights=weight)) / 10 or 1.0
    t_x, age = t_x / scale, age / scale

    def loss(logs: Any) -> float:
        r, alpha, a, b = np.exp(logs)
        same = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        same += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        alive = -(r + x) * np.log(alpha + age)
        gone = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x)
        both = np.where(x > 0, np.logaddexp(alive, np.where(x > 0, gone, 0)), alive)
        return -float(np.sum(weight * (same + both)) / np.sum(weight))

    logs, least = _best(loss, 4)
    r, alpha, a, b = (float(each) for each in np.exp(logs))
    total = -least * float(np.sum(weight)) - float(np.sum(weight * x)) * np.log(scale)
    return Buying(r, alpha * scale, a, b, float(total))


def spending(x: Any, mean: Any, weight: Any = None) -> Spending:
    """The parameters of who bought again and paid something, likeliest."""
    import numpy as np
    from scipy.special import gammaln

    x, mean = np.asarray(x, float), np.asarray(mean, float)
    weight = np.ones_like(x) if weight is None else np.asarray(weight, float)
    good = (x > 0) & (mean > 0)
    x, mean, weight = x[good], mean[good], weight[good]
    if not len(x):
        raise ValueError("Nobody bought again for a sum, so that nothing is known of sums.")
    scale = float(np.average(mean, weights=weight))
    mean = mean / scale

    def loss(logs: Any) -> float:
        p, q, v = np.exp(logs)
        told = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
        told += (p * x - 1) * np.log(mean) + p * x * np.log(x)
        told -= (p * x + q) * np.log(x * mean + v)
        return -float(np.sum(weight * told) / np.sum(weight))

    logs, least = _best(loss, 3)
    p, q, v = (float(each) for each in np.exp(logs))
    total = float(np.sum(weight))
    return Spending(p, q, v * scale, -least * total - total * float(np.log(scale)))


def _best(loss: Callable[[Any], float], parameters: int) -> tuple[Any, float]:
    import numpy as np
    from scipy.optimize import minimize

    bounds = [(-9.0, 9.0)] * parameters
    found = minimize(loss, np.zeros(parameters), method="L-BFGS-B", bounds=bounds)
    found = minimize(
        loss,
        found.x,
        method="Nelder-Mead",
        bounds=bounds,
        options={"maxiter": 4000, "xatol": _LEAST, "fatol": _LEAST**2},
    )
    return found.x, float(found.fun)


def alive(model: Buying, x: Any, t_x: Any, age: Any) -> Any:
    """The probability that each still is a customer; 1 of who bought once, as the model has it."""
    import numpy as np

    x, t_x, age = (np.asarray(each, float) for each in (x, t_x, age))
    ratio = ((model.alpha + age) / (model.alpha + t_x)) ** (model.r + x)
    gone = model.a / (model.b + np.maximum(x, 1) - 1) * ratio
    return np.where(x > 0, 1 / (1 + gone), 1.0)


def expected(model: Buying, ahead: float, x: Any, t_x: Any, age: Any) -> Any:
    """How often each customer is expected to buy within the time ahead (formula 10)."""
    import numpy as np
    from scipy.special import hyp2f1

    x, t_x, age = (np.asarray(each, float) for each in (x, t_x, age))
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    # Where a is 1 the formula is the limit of its neighbours.
    a = a + _LEAST if abs(a - 1) < _LEAST else a
    z = ahead / (alpha + age + ahead)
    left = ((alpha + age) / (alpha + age + ahead)) ** (r + x)
    many = (a + b + x - 1) / (a - 1) * (1 - left * hyp2f1(r + x, b + x, a + b + x - 1, z))
    return many * alive(model, x, t_x, age)


def worth(model: Spending, x: Any, mean: Any) -> Any:
    """What a purchase of each customer is expected to be (formula 5 of Gamma-Gamma)."""
    import numpy as np

    x, mean = np.asarray(x, float), np.asarray(mean, float)
    if model.q <= 1:
        return np.full_like(x, np.nan)
    return model.p * (model.v + x * mean) / (model.p * x + model.q - 1)
