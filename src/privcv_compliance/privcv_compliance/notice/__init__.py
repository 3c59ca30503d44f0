# SPDX-License-Identifier: Apache-2.0
"""The notice at the door (GDPR Art. 13), from the signed authorization."""
