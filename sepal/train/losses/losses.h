// Losses as objects (keras.losses, classes). The formulas are those of functions.h.
//
// `reduction` is "sum_over_batch_size", "sum", "mean", "mean_with_sample_weight" or "none".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sepal/base/error.h"
#include "sepal/base/number_or_list.h"
#include "sepal/train/losses/functions.h"
#include "sepal/train/losses/loss.h"

namespace sepal::losses {

/// A loss without options of its own; Kind says its names and its formula.
template <class Kind>
struct PlainLoss {
  std::string reduction = "sum_over_batch_size";
  std::string name = Kind::kDefault;
  static constexpr const char* kName = Kind::kName;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("reduction", o.reduction);
  }
  void check() const { check_reduction(reduction); }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return Kind::kFunction(y_true, y_pred);
  }
};

struct MeanSquaredErrorKind {
  static constexpr const char *kName = "MeanSquaredError", *kDefault = "mean_squared_error";
  static constexpr auto* kFunction = mean_squared_error;
};
using MeanSquaredError = PlainLoss<MeanSquaredErrorKind>;

struct MeanAbsoluteErrorKind {
  static constexpr const char *kName = "MeanAbsoluteError", *kDefault = "mean_absolute_error";
  static constexpr auto* kFunction = mean_absolute_error;
};
using MeanAbsoluteError = PlainLoss<MeanAbsoluteErrorKind>;

struct MeanAbsolutePercentageErrorKind {
  static constexpr const char *kName = "MeanAbsolutePercentageError",
                              *kDefault = "mean_absolute_percentage_error";
  static constexpr auto* kFunction = mean_absolute_percentage_error;
};
using MeanAbsolutePercentageError = PlainLoss<MeanAbsolutePercentageErrorKind>;

struct MeanSquaredLogarithmicErrorKind {
  static constexpr const char *kName = "MeanSquaredLogarithmicError",
                              *kDefault = "mean_squared_logarithmic_error";
  static constexpr auto* kFunction = mean_squared_logarithmic_error;
};
using MeanSquaredLogarithmicError = PlainLoss<MeanSquaredLogarithmicErrorKind>;

struct LogCoshKind {
  static constexpr const char *kName = "LogCosh", *kDefault = "log_cosh";
  static constexpr auto* kFunction = log_cosh;
};
using LogCosh = PlainLoss<LogCoshKind>;

struct KLDivergenceKind {
  static constexpr const char *kName = "KLDivergence", *kDefault = "kl_divergence";
  static constexpr auto* kFunction = kl_divergence;
};
using KLDivergence = PlainLoss<KLDivergenceKind>;

struct PoissonKind {
  static constexpr const char *kName = "Poisson", *kDefault = "poisson";
  static constexpr auto* kFunction = poisson;
};
using Poisson = PlainLoss<PoissonKind>;

struct HingeKind {
  static constexpr const char *kName = "Hinge", *kDefault = "hinge";
  static constexpr auto* kFunction = hinge;
};
using Hinge = PlainLoss<HingeKind>;

struct SquaredHingeKind {
  static constexpr const char *kName = "SquaredHinge", *kDefault = "squared_hinge";
  static constexpr auto* kFunction = squared_hinge;
};
using SquaredHinge = PlainLoss<SquaredHingeKind>;

struct CategoricalHingeKind {
  static constexpr const char *kName = "CategoricalHinge", *kDefault = "categorical_hinge";
  static constexpr auto* kFunction = categorical_hinge;
};
using CategoricalHinge = PlainLoss<CategoricalHingeKind>;

struct CosineSimilarity {
  std::int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = "cosine_similarity";
  static constexpr const char* kName = "CosineSimilarity";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("reduction", o.reduction);
    // Keras 3.15 never writes the axis (and so loses another than -1), but reads it.
    if (!std::is_const_v<Self> || o.axis != -1) v("axis", o.axis);
  }
  void check() const { check_reduction(reduction); }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return cosine_similarity(y_true, y_pred, axis);
  }
};

struct Huber {
  double delta = 1.0;
  std::string reduction = "sum_over_batch_size";
  std::string name = "huber_loss";
  static constexpr const char* kName = "Huber";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("reduction", o.reduction);
    // As with the axis of CosineSimilarity.
    if (!std::is_const_v<Self> || o.delta != 1.0) v("delta", o.delta);
  }
  void check() const { check_reduction(reduction); }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return huber(y_true, y_pred, delta);
  }
};

struct BinaryCrossentropy {
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = "binary_crossentropy";
  static constexpr const char* kName = "BinaryCrossentropy";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("reduction", o.reduction);
    v("from_logits", o.from_logits);
    v("label_smoothing", o.label_smoothing);
    v("axis", o.axis);
  }
  void check() const { check_reduction(reduction); }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return binary_crossentropy(y_true, y_pred, from_logits, label_smoothing, axis);
  }
};

struct CategoricalCrossentropy {
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = "categorical_crossentropy";
  static constexpr const char* kName = "CategoricalCrossentropy";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("reduction", o.reduction);
    v("from_logits", o.from_logits);
    v("label_smoothing", o.label_smoothing);
    v("axis", o.axis);
  }
  void check() const { check_reduction(reduction); }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return categorical_crossentropy(y_true, y_pred, from_logits, label_smoothing, axis);
  }
};

struct SparseCategoricalCrossentropy {
  bool from_logits = false;
  std::optional<std::int64_t> ignore_class = {};
  std::string reduction = "sum_over_batch_size";
  std::int64_t axis = -1;
  std::string name = "sparse_categorical_crossentropy";
  static constexpr const char* kName = "SparseCategoricalCrossentropy";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("reduction", o.reduction);
    v("from_logits", o.from_logits);
    v("ignore_class", o.ignore_class);
    // As with the axis of CosineSimilarity.
    if (!std::is_const_v<Self> || o.axis != -1) v("axis", o.axis);
  }
  void check() const { check_reduction(reduction); }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return sparse_categorical_crossentropy(y_true, y_pred, from_logits, ignore_class, axis);
  }
};

struct BinaryFocalCrossentropy {
  bool apply_class_balancing = false;
  double alpha = 0.25;
  double gamma = 2.0;
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = "binary_focal_crossentropy";
  static constexpr const char* kName = "BinaryFocalCrossentropy";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("reduction", o.reduction);
    v("from_logits", o.from_logits);
    v("label_smoothing", o.label_smoothing);
    v("axis", o.axis);
    v("apply_class_balancing", o.apply_class_balancing);
    v("alpha", o.alpha);
    v("gamma", o.gamma);
  }
  void check() const { check_reduction(reduction); }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return binary_focal_crossentropy(y_true, y_pred, apply_class_balancing, alpha, gamma, from_logits,
                                     label_smoothing, axis);
  }
};

struct CategoricalFocalCrossentropy {
  NumberOrList alpha = 0.25;
  double gamma = 2.0;
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = "categorical_focal_crossentropy";
  static constexpr const char* kName = "CategoricalFocalCrossentropy";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("reduction", o.reduction);
    v("from_logits", o.from_logits);
    v("label_smoothing", o.label_smoothing);
    v("axis", o.axis);
    v("alpha", o.alpha);
    v("gamma", o.gamma);
  }
  void check() const { check_reduction(reduction); }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return categorical_focal_crossentropy(y_true, y_pred, alpha, gamma, from_logits, label_smoothing, axis);
  }
};

struct CategoricalGeneralizedCrossEntropy {
  double q = 0.5;
  std::string reduction = "sum_over_batch_size";
  std::string name = "categorical_generalized_cross_entropy";
  static constexpr const char* kName = "CategoricalGeneralizedCrossEntropy";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("reduction", o.reduction);
    v("q", o.q);
  }
  void check() const {
    check_reduction(reduction);
    if (!(q > 0.0 && q < 1.0)) throw ValueError("q must be in the interval (0, 1)");
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return categorical_generalized_cross_entropy(y_true, y_pred, q);
  }
};

struct Dice {
  std::optional<IntTuple> axis = {};
  std::string reduction = "sum_over_batch_size";
  std::string name = "dice";
  static constexpr const char* kName = "Dice";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("reduction", o.reduction);
    v("axis", o.axis);
  }
  void check() const { check_reduction(reduction); }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return dice(y_true, y_pred, axis);
  }
};

struct Tversky {
  double alpha = 0.5;
  double beta = 0.5;
  std::optional<IntTuple> axis = {};
  std::string reduction = "sum_over_batch_size";
  std::string name = "tversky";
  static constexpr const char* kName = "Tversky";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("reduction", o.reduction);
    v("alpha", o.alpha);
    v("beta", o.beta);
    v("axis", o.axis);
  }
  void check() const { check_reduction(reduction); }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return tversky(y_true, y_pred, alpha, beta, axis);
  }
};

struct Circle {
  double gamma = 80.0;
  double margin = 0.4;
  bool remove_diagonal = true;
  std::string reduction = "sum_over_batch_size";
  std::string name = "circle";
  static constexpr const char* kName = "Circle";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("reduction", o.reduction);
    v("gamma", o.gamma);
    v("margin", o.margin);
    v("remove_diagonal", o.remove_diagonal);
  }
  void check() const { check_reduction(reduction); }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return circle(y_true, y_pred, remove_diagonal, gamma, margin);
  }
};

}  // namespace sepal::losses
