# SPDX-License-Identifier: Apache-2.0
"""``privcv evaluate privacy``: its figures on scenes whose answer is known without it."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from privcv_core.errors import SettingsError
from privcv_core.settings.model import data_folder
from privcv_privacy.cli.evaluate_privacy import command
from privcv_privacy.errors import PrivacyError
from privcv_privacy.measurement.accuracy import evaluate, flow_accuracy, occupancy_accuracy
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.measurement.true_votes import grid, votes
from privcv_privacy.settings import PrivacySettings

ETH = data_folder() / "data" / "eth" / "obsmat.txt"


def crossing(people, seconds=600.0):
    """People that cross a 10 m square from west to east, one after the other, 0.4 s apart."""
    rows = [
        (person * seconds / people + step * 0.4, person, step * 0.5, (person * 7919 % 100) / 10)
        for person in range(people)
        for step in range(21)
    ]
    t, ids, x, y = map(np.array, zip(*sorted(rows), strict=True))
    return Trajectories(t, ids, x, y)


def test_votes_are_distinct_people_by_their_main_heading():
    stays = grid(crossing(40), 2, 2)
    histogram = votes(stays, 0.0, 1e9).histogram(4)
    people = {(one, zone) for one, zone in zip(stays.id.tolist(), stays.zone.tolist(), strict=True)}
    assert histogram.sum() == len(people)
    assert histogram[:, 1].sum() == histogram.sum()  # all of them head east


def test_scores_by_hand():
    assert occupancy_accuracy(8, 10) == pytest.approx(0.8)
    assert occupancy_accuracy(30, 10) == 0
    truth = np.array([5, 3, 1, 0, 0])
    assert flow_accuracy([9, 2, 2, 0, 0], truth) == pytest.approx(0.75)
    assert flow_accuracy([9, 0, 0, 0, 0], truth) == pytest.approx(0.5)


def test_much_epsilon_is_nearly_exact_and_little_is_not():
    settings = PrivacySettings(epsilon=10, max_cells=6, k=1, window_s=300)
    tracks = crossing(400)
    good = evaluate(tracks, 2, 2, settings, 3)
    poor = evaluate(tracks, 2, 2, settings.model_copy(update={"epsilon": 0.05}), 3)
    assert good.occupancy_accuracy > 0.9
    assert good.flow_accuracy > 0.9
    assert poor.occupancy_accuracy < good.occupancy_accuracy - 0.1


def test_k_hides_small_cells_and_they_score_nothing():
    settings = PrivacySettings(epsilon=10, k=500, window_s=300)
    result = evaluate(crossing(100), 2, 2, settings, 2)
    assert (result.released, result.occupancy_accuracy, result.flow_accuracy) == (0, 0.0, 0.0)


def test_the_same_seeds_give_the_same_figures():
    settings = PrivacySettings(k=1, window_s=300, mechanism="gaussian")
    assert evaluate(crossing(60), 2, 1, settings, 2) == evaluate(crossing(60), 2, 1, settings, 2)


def test_the_command_takes_several_epsilons_and_writes_json(tmp_path):
    tracks, out = tmp_path / "tracks.csv", tmp_path / "out.json"
    walk = crossing(50)
    rows = zip(walk.t_s, walk.id, walk.x_m, walk.y_m, strict=True)
    lines = ["t_s,id,x_m,y_m", *(",".join(map(str, row)) for row in rows)]
    tracks.write_text("\n".join(lines))
    arguments = f"--tracks {tracks} --format csv --window 300 --zones 2x2 --unit visit"
    epsilons = ["--epsilon", "2", "1", "0.5", "--seeds", "2", "--json", str(out)]
    result = CliRunner().invoke(command, [*arguments.split(), *epsilons])
    assert result.exit_code == 0, result.output
    said = json.loads(out.read_text())
    assert [one["epsilon"] for one in said] == [2, 1, 0.5]
    fields = [
        "cells", "epsilon", "flow_accuracy", "occupancy_accuracy", "occupancy_volume", "released",
    ]  # fmt: skip
    assert all(sorted(one) == fields for one in said)
    bad = CliRunner().invoke(command, [*arguments.split(), "--epsilon", "0"])
    assert isinstance(bad.exception, SettingsError)


def written(tmp_path, walk, *arguments):
    """What the command says of a walk."""
    tracks, out = tmp_path / "tracks.csv", tmp_path / "out.json"
    rows = zip(walk.t_s, walk.id, walk.x_m, walk.y_m, strict=True)
    tracks.write_text("\n".join(",".join(map(str, row)) for row in rows))
    common = ["--tracks", str(tracks), "--format", "csv", "--seeds", "3", "--json", str(out)]
    result = CliRunner().invoke(command, [*common, *arguments])
    assert result.exit_code == 0, result.output
    return json.loads(out.read_text())[0]


def test_a_list_of_statistics_takes_the_shares_of_the_product(tmp_path):
    walk = crossing(80)
    listed = written(tmp_path, walk, "--release", "visitors,flow")
    assert listed == written(tmp_path, walk, "--counts-share", "0.95", "--bias-share", "0.05")
    with_dwell = written(tmp_path, walk, "--release", "visitors, flow, dwell")
    assert with_dwell == written(tmp_path, walk, "--counts-share", "0.85", "--bias-share", "0.05")
    assert with_dwell != listed


def test_a_list_and_shares_together_or_an_unknown_statistic_are_refused(tmp_path):
    tracks = tmp_path / "tracks.csv"
    tracks.write_text("0,1,0,0\n")
    common = ["--tracks", str(tracks), "--format", "csv", "--release"]
    both = CliRunner().invoke(command, [*common, "flow", "--bias-share", "0.05"])
    assert both.exit_code == 2
    assert "--release chooses the shares" in both.output
    for release in ("visitors,faces", "dwell"):
        wrong = CliRunner().invoke(command, [*common, release])
        assert isinstance(wrong.exception, PrivacyError)


def test_a_window_of_which_less_than_half_is_covered_is_not_scored(tmp_path):
    """Two whole windows of four zones, and 100 s or 200 s of a third with people in it."""
    short, long = (written(tmp_path, crossing(200, seconds)) for seconds in (700.0, 800.0))
    assert short["cells"] == 8
    assert long["cells"] == 12
    nothing = crossing(20, 100.0)
    with pytest.raises(PrivacyError, match="shorter windows"):
        evaluate(nothing, 2, 2, PrivacySettings(k=1), 1)


def test_volume_by_hand():
    """Every cell hidden: all people are missing; hardly any noise: hardly any is."""
    walk = crossing(400)
    assert evaluate(walk, 2, 2, PrivacySettings(k=1000, window_s=300), 2).occupancy_volume == 0
    near = evaluate(walk, 2, 2, PrivacySettings(k=1, epsilon=10, max_cells=6, window_s=300), 3)
    assert near.occupancy_volume > 0.95


@pytest.mark.skipif(not ETH.exists(), reason="eth trajectories are absent: set PRIVCV_DATA")
def test_published_figures_for_event_noise_are_beaten_by_visits_on_eth():
    from privcv_privacy.measurement.trajectories import load_trajectories

    settings = PrivacySettings(k=1, window_s=300, shares={"counts": 1.0, "dwell": 0.0, "bias": 0.0})
    result = evaluate(load_trajectories(ETH, "eth"), 2, 2, settings, 20)
    assert result.occupancy_accuracy >= 0.905
    assert result.flow_accuracy >= 0.91
    assert result.coverage >= 0.88
