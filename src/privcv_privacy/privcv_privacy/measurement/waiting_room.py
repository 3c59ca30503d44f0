# SPDX-License-Identifier: Apache-2.0
"""A simulated waiting room: trajectories of people who stay, and sit."""

import math

import numpy as np

from privcv_privacy.measurement.trajectories import Trajectories


def waiting_room(hours: float = 12.0, seed: int = 1) -> Trajectories:
    """Trajectories in a room full of people who stay: the hardest place to change an identity in.

    24 seats 0.8 m apart, an arrival every 100 s, a stay of 20 minutes in the mean (half of all
    people who are there stay longer), and a walk to the counter or to another seat every 5 minutes.
    """
    random = np.random.default_rng(seed)
    seats = np.array([(2.0 + 0.8 * (n % 6), 2.0 + 1.6 * (n // 6)) for n in range(24)])
    door, counter = np.array([0.3, 0.3]), np.array([8.0, 1.0])
    taken_until = np.zeros(len(seats))
    parts = []
    arrival_s, id = 0.0, 0
    while True:
        arrival_s += random.exponential(100.0)
        if arrival_s > hours * 3600.0:
            break
        id += 1
        leave_s = arrival_s + 30.0 + random.exponential(1200.0)
        now_s, place, stops = arrival_s, door, []
        while now_s < leave_s:
            free = np.flatnonzero(taken_until <= now_s)
            if len(free) == 0:
                break
            seat = int(random.choice(free))
            end_s = min(leave_s, now_s + random.exponential(300.0))
            taken_until[seat] = end_s
            stops.append((seats[seat], now_s, end_s))
            now_s = end_s
            if random.random() < 0.5 and now_s < leave_s:
                stops.append((counter + random.normal(0, 0.4, 2), now_s, now_s + 30.0))
                now_s += 30.0
        stops.append((door, now_s, now_s))
        for goal, start_s, end_s in stops:
            walk_s = float(np.linalg.norm(goal - place)) / 1.1
            t_s = np.arange(math.ceil(start_s), max(end_s, start_s + walk_s) + 1.0)
            share = np.clip((t_s - start_s) / max(walk_s, 1e-6), 0.0, 1.0)[:, None]
            xy_m = place + (goal - place) * share + random.normal(0, 0.05, (len(t_s), 2))
            parts.append(np.column_stack([t_s, np.full(len(t_s), id), xy_m]))
            place = goal
    table = np.concatenate(parts)
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    return Trajectories(table[:, 0], table[:, 1].astype(np.int64), table[:, 2], table[:, 3])
