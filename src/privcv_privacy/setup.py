# SPDX-License-Identifier: Apache-2.0
from setuptools import find_packages, setup

PACKAGE = "privcv_privacy"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={PACKAGE: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
    ],
    extras_require={"test": ["pytest"]},  # for colcon test: which runner to take
    zip_safe=True,
    license="Apache-2.0",
    description="Metres to noisy totals: identities, aggregation, noise, budget.",
    entry_points={
        "console_scripts": [
            "anonymization = privcv_privacy.nodes.anonymization:main",
            "aggregation = privcv_privacy.nodes.aggregation:main",
        ]
    },
)
