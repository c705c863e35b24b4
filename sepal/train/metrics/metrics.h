// Metrics as objects (keras.metrics, classes): here those that are the mean of a formula over the samples.
//
// `dtype` only goes into files: every metric adds up in double.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "sepal/ops/elementwise.h"
#include "sepal/train/losses/functions.h"
#include "sepal/train/metrics/auc.h"
#include "sepal/train/metrics/confusion_metrics.h"
#include "sepal/train/metrics/f_score.h"
#include "sepal/train/metrics/functions.h"
#include "sepal/train/metrics/iou.h"
#include "sepal/train/metrics/mean.h"
#include "sepal/train/metrics/metric.h"
#include "sepal/train/metrics/r2_score.h"

namespace sepal::metrics {

/// A metric without options of its own; Kind says its names and its formula.
template <class Kind>
struct PlainMetric {
  std::string name = Kind::kDefault;
  std::string dtype = std::string(name_of(floatx()));
  static constexpr const char* kName = Kind::kName;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return Kind::kFunction(y_true, y_pred);
  }
};

struct AccuracyKind {
  static constexpr const char *kName = "Accuracy", *kDefault = "accuracy";
  static constexpr auto* kFunction = metrics::accuracy;
};
using Accuracy = PlainMetric<AccuracyKind>;

struct CategoricalAccuracyKind {
  static constexpr const char *kName = "CategoricalAccuracy", *kDefault = "categorical_accuracy";
  static constexpr auto* kFunction = metrics::categorical_accuracy;
};
using CategoricalAccuracy = PlainMetric<CategoricalAccuracyKind>;

struct SparseCategoricalAccuracyKind {
  static constexpr const char *kName = "SparseCategoricalAccuracy", *kDefault = "sparse_categorical_accuracy";
  static constexpr auto* kFunction = metrics::sparse_categorical_accuracy;
};
using SparseCategoricalAccuracy = PlainMetric<SparseCategoricalAccuracyKind>;

struct MeanSquaredErrorKind {
  static constexpr const char *kName = "MeanSquaredError", *kDefault = "mean_squared_error";
  static constexpr auto* kFunction = losses::mean_squared_error;
};
using MeanSquaredError = PlainMetric<MeanSquaredErrorKind>;

struct MeanAbsoluteErrorKind {
  static constexpr const char *kName = "MeanAbsoluteError", *kDefault = "mean_absolute_error";
  static constexpr auto* kFunction = losses::mean_absolute_error;
};
using MeanAbsoluteError = PlainMetric<MeanAbsoluteErrorKind>;

struct MeanAbsolutePercentageErrorKind {
  static constexpr const char *kName = "MeanAbsolutePercentageError",
                              *kDefault = "mean_absolute_percentage_error";
  static constexpr auto* kFunction = losses::mean_absolute_percentage_error;
};
using MeanAbsolutePercentageError = PlainMetric<MeanAbsolutePercentageErrorKind>;

struct MeanSquaredLogarithmicErrorKind {
  static constexpr const char *kName = "MeanSquaredLogarithmicError",
                              *kDefault = "mean_squared_logarithmic_error";
  static constexpr auto* kFunction = losses::mean_squared_logarithmic_error;
};
using MeanSquaredLogarithmicError = PlainMetric<MeanSquaredLogarithmicErrorKind>;

struct LogCoshErrorKind {
  static constexpr const char *kName = "LogCoshError", *kDefault = "logcosh";
  static constexpr auto* kFunction = losses::log_cosh;
};
using LogCoshError = PlainMetric<LogCoshErrorKind>;

struct KLDivergenceKind {
  static constexpr const char *kName = "KLDivergence", *kDefault = "kl_divergence";
  static constexpr auto* kFunction = losses::kl_divergence;
};
using KLDivergence = PlainMetric<KLDivergenceKind>;

struct PoissonKind {
  static constexpr const char *kName = "Poisson", *kDefault = "poisson";
  static constexpr auto* kFunction = losses::poisson;
};
using Poisson = PlainMetric<PoissonKind>;

struct HingeKind {
  static constexpr const char *kName = "Hinge", *kDefault = "hinge";
  static constexpr auto* kFunction = losses::hinge;
};
using Hinge = PlainMetric<HingeKind>;

struct SquaredHingeKind {
  static constexpr const char *kName = "SquaredHinge", *kDefault = "squared_hinge";
  static constexpr auto* kFunction = losses::squared_hinge;
};
using SquaredHinge = PlainMetric<SquaredHingeKind>;

struct CategoricalHingeKind {
  static constexpr const char *kName = "CategoricalHinge", *kDefault = "categorical_hinge";
  static constexpr auto* kFunction = losses::categorical_hinge;
};
using CategoricalHinge = PlainMetric<CategoricalHingeKind>;

struct RootMeanSquaredErrorKind {
  static constexpr const char *kName = "RootMeanSquaredError", *kDefault = "root_mean_squared_error";
  static constexpr auto* kFunction = losses::mean_squared_error;
};
/// The root of the mean over all samples.
using RootMeanSquaredError = PlainMetric<RootMeanSquaredErrorKind>;

struct BinaryAccuracy {
  std::string name = "binary_accuracy";
  std::string dtype = std::string(name_of(floatx()));
  double threshold = 0.5;
  static constexpr const char* kName = "BinaryAccuracy";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("threshold", o.threshold);
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return binary_accuracy(y_true, y_pred, threshold);
  }
};

struct TopKCategoricalAccuracy {
  std::int64_t k = 5;
  std::string name = "top_k_categorical_accuracy";
  std::string dtype = std::string(name_of(floatx()));
  static constexpr const char* kName = "TopKCategoricalAccuracy";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("k", o.k);
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return top_k_categorical_accuracy(y_true, y_pred, k);
  }
};

struct SparseTopKCategoricalAccuracy {
  std::int64_t k = 5;
  std::string name = "sparse_top_k_categorical_accuracy";
  std::string dtype = std::string(name_of(floatx()));
  bool from_sorted_ids = false;
  static constexpr const char* kName = "SparseTopKCategoricalAccuracy";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("k", o.k);
    if (!std::is_const_v<Self> || o.from_sorted_ids) v("from_sorted_ids", o.from_sorted_ids);
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return sparse_top_k_categorical_accuracy(y_true, y_pred, k, from_sorted_ids);
  }
};

/// The cosine itself; the loss of this name is its negative.
struct CosineSimilarity {
  std::string name = "cosine_similarity";
  std::string dtype = std::string(name_of(floatx()));
  std::int64_t axis = -1;
  static constexpr const char* kName = "CosineSimilarity";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    // Keras 3.15 never writes the axis (and so loses another than -1), but reads it.
    if (!std::is_const_v<Self> || o.axis != -1) v("axis", o.axis);
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return ops::negative(losses::cosine_similarity(y_true, y_pred, axis));
  }
};

struct BinaryCrossentropy {
  std::string name = "binary_crossentropy";
  std::string dtype = std::string(name_of(floatx()));
  bool from_logits = false;
  double label_smoothing = 0.0;
  static constexpr const char* kName = "BinaryCrossentropy";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("from_logits", o.from_logits);
    v("label_smoothing", o.label_smoothing);
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return losses::binary_crossentropy(y_true, y_pred, from_logits, label_smoothing);
  }
};

struct CategoricalCrossentropy {
  std::string name = "categorical_crossentropy";
  std::string dtype = std::string(name_of(floatx()));
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  static constexpr const char* kName = "CategoricalCrossentropy";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("from_logits", o.from_logits);
    v("label_smoothing", o.label_smoothing);
    v("axis", o.axis);
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return losses::categorical_crossentropy(y_true, y_pred, from_logits, label_smoothing, axis);
  }
};

struct SparseCategoricalCrossentropy {
  std::string name = "sparse_categorical_crossentropy";
  std::string dtype = std::string(name_of(floatx()));
  bool from_logits = false;
  std::optional<std::int64_t> ignore_class = {};
  std::int64_t axis = -1;
  static constexpr const char* kName = "SparseCategoricalCrossentropy";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("from_logits", o.from_logits);
    v("ignore_class", o.ignore_class);
    v("axis", o.axis);
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return losses::sparse_categorical_crossentropy(y_true, y_pred, from_logits, ignore_class, axis);
  }
};

struct PearsonCorrelation {
  std::string name = "pearson_correlation";
  std::string dtype = std::string(name_of(floatx()));
  std::int64_t axis = -1;
  static constexpr const char* kName = "PearsonCorrelation";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("axis", o.axis);
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return pearson_correlation(y_true, y_pred, axis);
  }
};

struct ConcordanceCorrelation {
  std::string name = "concordance_correlation";
  std::string dtype = std::string(name_of(floatx()));
  std::int64_t axis = -1;
  static constexpr const char* kName = "ConcordanceCorrelation";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("axis", o.axis);
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return concordance_correlation(y_true, y_pred, axis);
  }
};

}  // namespace sepal::metrics
