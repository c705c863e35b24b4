// The coefficient of determination (keras.metrics.R2Score).
#pragma once

#include <cstdint>
#include <string>

#include "sepal/base/keras_config.h"
#include "sepal/train/metrics/text_or_none.h"
#include "sepal/train/metrics/typed_metric.h"

namespace sepal::metrics {

struct R2ScoreOptions {
  /// "uniform_average", "variance_weighted_average"; none: a result for each output.
  TextOrNone class_aggregation = "uniform_average";
  /// Of an adjusted score: how many numbers the prediction was made from.
  std::int64_t num_regressors = 0;
  std::string name = "r2_score";
  std::string dtype = std::string(name_of(floatx()));
  static constexpr const char* kName = "R2Score";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("class_aggregation", o.class_aggregation);
    v("num_regressors", o.num_regressors);
  }
};

/// 1 - (squared errors) / (squared deviations of the targets from their mean). Both (samples, outputs). NaN
/// before any update.
class R2Score : public Metric {
 public:
  /// @throws ValueError if an option is out of its rule.
  explicit R2Score(R2ScoreOptions options = {});
};

}  // namespace sepal::metrics
