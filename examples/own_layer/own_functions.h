// A loss, a metric, a regularizer and an activation of one's own.
//
// Each is a function, or, if it has options that a file should keep, a struct that can be called. In strings
// and files they go by the name that they are registered under.
#pragma once

#include <sepal/sepal.h>

namespace own_layer {

using namespace sepal;

// A loss gives one value for each sample. Errors above cost `quantile`, errors below the rest, so that
// training finds that quantile instead of the mean (Koenker and Bassett 1978).
struct Pinball {
  double quantile = 0.5;
  static constexpr const char* kName = "Pinball";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("quantile", o.quantile);
  }
  // May be left out; called once, when the object is given to `compile` or read from a file.
  void check() const {
    if (!(quantile > 0 && quantile < 1)) throw ValueError("`quantile` must lie between 0 and 1.");
  }
  LossValues operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor error = ops::subtract(y_true, y_pred);
    return ops::mean(ops::maximum(ops::multiply(error, quantile), ops::multiply(error, quantile - 1)),
                     {{-1}});
  }
};

// A metric, too: it reports the mean of what the function gives. One that is no mean derives from MetricBase.
inline LossValues missed(const Tensor& y_true, const Tensor& y_pred) {
  const Tensor error = ops::abs(ops::subtract(y_true, y_pred));
  return ops::mean(ops::greater(error, 0.1).astype(error.dtype()), {{-1}});
}

// A regularizer gives one number for the whole weight: here how far it is from `target`.
struct PullTo {
  double target = 0.0;
  double factor = 0.01;
  static constexpr const char* kName = "PullTo";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("target", o.target);
    v("factor", o.factor);
  }
  Tensor operator()(const Tensor& weight) const {
    return ops::multiply(ops::sum(ops::square(ops::add(weight, -target))), factor);
  }
};

// (sqrt(x² + 1) - 1) / 2 + x.
inline Tensor bent_identity(const Tensor& x) {
  const Tensor bend = ops::add(ops::sqrt(ops::add(ops::square(x), 1.0)), -1.0);
  return ops::add(ops::multiply(bend, 0.5), x);
}

inline void register_own_functions() {
  register_loss<Pinball>();
  register_metric("missed", missed);
  register_regularizer<PullTo>();
  register_activation("bent_identity", bent_identity);
}

}  // namespace own_layer
