// Metrics that count right and wrong predictions: true and false positives and negatives, precision, recall
// (keras.metrics). Targets are 0 or 1, predictions count as positive above a threshold.
//
// Several thresholds give several results; `result()` is their mean then. Masks of predictions do not count,
// as in Keras. `dtype` only goes into files.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "sepal/base/keras_config.h"
#include "sepal/base/number_or_list.h"
#include "sepal/train/metrics/confusion_counts.h"
#include "sepal/train/metrics/typed_metric.h"

namespace sepal::metrics {

/// Kind says the names.
template <class Kind>
struct CountOptions {
  /// Each in [0, 1]; 0.5 unless given.
  std::optional<NumberOrList> thresholds = {};
  std::string name = Kind::kDefault;
  std::string dtype = std::string(name_of(floatx()));
  static constexpr const char* kName = Kind::kName;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("thresholds", o.thresholds);
  }
};

struct TruePositivesKind {
  static constexpr const char *kName = "TruePositives", *kDefault = "true_positives";
  static constexpr auto kCount = &ConfusionCounts::Cell::true_positives;
};
struct FalsePositivesKind {
  static constexpr const char *kName = "FalsePositives", *kDefault = "false_positives";
  static constexpr auto kCount = &ConfusionCounts::Cell::false_positives;
};
struct TrueNegativesKind {
  static constexpr const char *kName = "TrueNegatives", *kDefault = "true_negatives";
  static constexpr auto kCount = &ConfusionCounts::Cell::true_negatives;
};
struct FalseNegativesKind {
  static constexpr const char *kName = "FalseNegatives", *kDefault = "false_negatives";
  static constexpr auto kCount = &ConfusionCounts::Cell::false_negatives;
};

/// The weighted number of such predictions.
/// @throws ValueError if a threshold is out of [0, 1].
template <class Kind>
class Count : public Metric {
 public:
  explicit Count(CountOptions<Kind> options = {});
};
using TruePositivesOptions = CountOptions<TruePositivesKind>;
using FalsePositivesOptions = CountOptions<FalsePositivesKind>;
using TrueNegativesOptions = CountOptions<TrueNegativesKind>;
using FalseNegativesOptions = CountOptions<FalseNegativesKind>;
using TruePositives = Count<TruePositivesKind>;
using FalsePositives = Count<FalsePositivesKind>;
using TrueNegatives = Count<TrueNegativesKind>;
using FalseNegatives = Count<FalseNegativesKind>;

template <class Kind>
struct ShareOptions {
  /// Each in [0, 1]; 0.5 unless given, none with `top_k`.
  std::optional<NumberOrList> thresholds = {};
  /// Only the k largest predictions of the last axis can be positive.
  std::optional<std::int64_t> top_k = {};
  /// The entry of the last axis that counts; all unless given.
  std::optional<std::int64_t> class_id = {};
  std::string name = Kind::kDefault;
  std::string dtype = std::string(name_of(floatx()));
  static constexpr const char* kName = Kind::kName;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("thresholds", o.thresholds);
    v("top_k", o.top_k);
    v("class_id", o.class_id);
  }
};

struct PrecisionKind {
  static constexpr const char *kName = "Precision", *kDefault = "precision";
  static constexpr auto kMissed = &ConfusionCounts::Cell::false_positives;
};
struct RecallKind {
  static constexpr const char *kName = "Recall", *kDefault = "recall";
  static constexpr auto kMissed = &ConfusionCounts::Cell::false_negatives;
};

/// Precision: which part of the positive predictions is right. Recall: which part of the positive targets
/// was found.
/// @throws ValueError if a threshold is out of [0, 1].
template <class Kind>
class Share : public Metric {
 public:
  explicit Share(ShareOptions<Kind> options = {});
};
using PrecisionOptions = ShareOptions<PrecisionKind>;
using RecallOptions = ShareOptions<RecallKind>;
using Precision = Share<PrecisionKind>;
using Recall = Share<RecallKind>;

template <class Kind>
struct ShareAtOptions {
  /// What the other share must reach, in [0, 1]. It has no default.
  double value = std::numeric_limits<double>::quiet_NaN();
  /// Thresholds that are tried, evenly between 0 and 1.
  std::int64_t num_thresholds = 200;
  std::optional<std::int64_t> class_id = {};
  std::string name = Kind::kDefault;
  std::string dtype = std::string(name_of(floatx()));
  static constexpr const char* kName = Kind::kName;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("class_id", o.class_id);
    v("num_thresholds", o.num_thresholds);
    v(Kind::kArgument, o.value);
  }
};

double recall_of(const ConfusionCounts::Cell& cell);
double precision_of(const ConfusionCounts::Cell& cell);
double specificity_of(const ConfusionCounts::Cell& cell);

struct SensitivityAtSpecificityKind {
  static constexpr const char *kName = "SensitivityAtSpecificity", *kDefault = "sensitivity_at_specificity",
                              *kArgument = "specificity";
  static constexpr auto *kGiven = specificity_of, *kReported = recall_of;
};
struct SpecificityAtSensitivityKind {
  static constexpr const char *kName = "SpecificityAtSensitivity", *kDefault = "specificity_at_sensitivity",
                              *kArgument = "sensitivity";
  static constexpr auto *kGiven = recall_of, *kReported = specificity_of;
};
struct PrecisionAtRecallKind {
  static constexpr const char *kName = "PrecisionAtRecall", *kDefault = "precision_at_recall",
                              *kArgument = "recall";
  static constexpr auto *kGiven = recall_of, *kReported = precision_of;
};
struct RecallAtPrecisionKind {
  static constexpr const char *kName = "RecallAtPrecision", *kDefault = "recall_at_precision",
                              *kArgument = "precision";
  static constexpr auto *kGiven = precision_of, *kReported = recall_of;
};

/// The best that one share reaches at the thresholds where the other is at least `value`.
/// @throws ValueError if `value` is out of [0, 1] or `num_thresholds` is not positive.
template <class Kind>
class ShareAt : public Metric {
 public:
  explicit ShareAt(ShareAtOptions<Kind> options);
};
using SensitivityAtSpecificityOptions = ShareAtOptions<SensitivityAtSpecificityKind>;
using SpecificityAtSensitivityOptions = ShareAtOptions<SpecificityAtSensitivityKind>;
using PrecisionAtRecallOptions = ShareAtOptions<PrecisionAtRecallKind>;
using RecallAtPrecisionOptions = ShareAtOptions<RecallAtPrecisionKind>;
using SensitivityAtSpecificity = ShareAt<SensitivityAtSpecificityKind>;
using SpecificityAtSensitivity = ShareAt<SpecificityAtSensitivityKind>;
using PrecisionAtRecall = ShareAt<PrecisionAtRecallKind>;
using RecallAtPrecision = ShareAt<RecallAtPrecisionKind>;

}  // namespace sepal::metrics
