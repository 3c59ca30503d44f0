# SPDX-License-Identifier: Apache-2.0
"""The audit log: a hash chain of what the device did, and its verification."""
