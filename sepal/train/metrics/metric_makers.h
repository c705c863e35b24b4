// The metrics that are not means of a function, by the names that strings and files use.
#pragma once

#include <string>

#include "sepal/train/metrics/metric.h"

namespace sepal {

/// nullptr if there is none of this name.
const Metric::Make* find_metric_maker(const std::string& name);

}  // namespace sepal
