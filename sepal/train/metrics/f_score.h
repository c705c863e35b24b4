// The harmonic mean of precision and recall (keras.metrics.F1Score, FBetaScore).
#pragma once

#include <optional>
#include <string>

#include "sepal/base/keras_config.h"
#include "sepal/train/metrics/text_or_none.h"
#include "sepal/train/metrics/typed_metric.h"

namespace sepal::metrics {

struct FBetaScoreOptions {
  /// "micro" (over all classes), "macro" (the classes' mean), "weighted" (by the classes' sizes); none: a
  /// result for each class.
  TextOrNone average = {};
  /// How much more recall counts than precision.
  double beta = 1.0;
  /// Predictions above it are positive, in (0, 1]; unless given, the largest of each row.
  std::optional<double> threshold = {};
  std::string name = "fbeta_score";
  std::string dtype = std::string(name_of(floatx()));
  static constexpr const char* kName = "FBetaScore";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("average", o.average);
    v("beta", o.beta);
    v("threshold", o.threshold);
  }
};

struct F1ScoreOptions {
  TextOrNone average = {};
  std::optional<double> threshold = {};
  std::string name = "f1_score";
  std::string dtype = std::string(name_of(floatx()));
  static constexpr double beta = 1.0;
  static constexpr const char* kName = "F1Score";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("average", o.average);
    v("threshold", o.threshold);
  }
};

/// Targets of 0 and 1 and predictions, both (samples, classes); weights (samples,).
/// @throws ValueError if an option is out of its rule.
class FBetaScore : public Metric {
 public:
  explicit FBetaScore(FBetaScoreOptions options = {});
};
class F1Score : public Metric {
 public:
  explicit F1Score(F1ScoreOptions options = {});
};

}  // namespace sepal::metrics
