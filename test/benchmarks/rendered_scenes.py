# SPDX-License-Identifier: Apache-2.0
"""Rendered scenes that differ in shape, camera, crowd and ways: none of them sets a parameter."""

from privcv_bringup.scene.camera import VirtualCamera
from privcv_bringup.scene.render import Scene
from privcv_bringup.scene.walkers import Room

DURATION_S = 120.0

SCENES = {
    "lobby": Scene(DURATION_S, people_per_minute=22, seed=11),
    "corridor": Scene(
        DURATION_S,
        people_per_minute=14,
        seed=12,
        camera=VirtualCamera(height_m=2.8, tilt_deg=16, field_of_view_deg=55),
        room=Room((-1.6, 1.6), (4.0, 18.0), doors=("near", "far"), stopping=0.1),
    ),
    "hall from above": Scene(
        DURATION_S,
        people_per_minute=30,
        seed=13,
        camera=VirtualCamera(height_m=6.0, tilt_deg=38),
        room=Room((-6.0, 6.0), (4.0, 14.0), doors=("west", "east", "near", "far")),
    ),
    "shop door": Scene(
        DURATION_S,
        people_per_minute=16,
        seed=14,
        camera=VirtualCamera(height_m=2.6, tilt_deg=24, field_of_view_deg=84),
        room=Room((-3.0, 3.0), (3.5, 8.5), doors=("far", "west", "near"), returning=0.3),
    ),
    "square from a mast": Scene(
        DURATION_S,
        people_per_minute=30,
        seed=15,
        camera=VirtualCamera(width_px=1280, height_px=720, height_m=9.0, tilt_deg=27),
        room=Room((-11.0, 11.0), (11.0, 30.0), doors=("west", "east", "near", "far"), stopping=0.2),
    ),
    "busy crossing": Scene(
        DURATION_S,
        people_per_minute=48,
        seed=16,
        camera=VirtualCamera(height_m=4.5, tilt_deg=24),
        room=Room((-6.0, 6.0), (6.0, 16.0), doors=("west", "east"), stopping=0.0),
    ),
    "waiting room": Scene(
        DURATION_S,
        people_per_minute=12,
        seed=17,
        camera=VirtualCamera(height_m=3.0, tilt_deg=20, field_of_view_deg=72),
        room=Room((-4.0, 4.0), (4.0, 10.0), stopping=1.0, pauses_s=(20.0, 35.0, 50.0)),
    ),
    "portrait corridor": Scene(
        DURATION_S,
        people_per_minute=14,
        seed=18,
        camera=VirtualCamera(
            width_px=480, height_px=640, height_m=3.4, tilt_deg=30, field_of_view_deg=58
        ),
        room=Room((-2.0, 2.0), (3.5, 14.0), doors=("near", "far", "east"), stopping=0.3),
    ),
    "small picture": Scene(
        DURATION_S,
        fps=6.0,
        people_per_minute=18,
        seed=19,
        camera=VirtualCamera(width_px=416, height_px=320, height_m=3.6, tilt_deg=22),
        room=Room((-4.5, 4.5), (4.5, 11.0), doors=("west", "east", "far"), stopping=0.4),
    ),
}
"""By name; each 120 s long."""
