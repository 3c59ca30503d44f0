# SPDX-License-Identifier: Apache-2.0
"""Documents that go with the assessment: records, measures, statements, a mapping, a data sheet."""
