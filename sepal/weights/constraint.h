// Constraints: a weight in, the nearest allowed weight out (keras.constraints). Optimizers apply them after
// each update.
//
// `axis`, one or several, are the axes that a norm sums over. The default 0 is Keras's; for a kernel
// (kh, kw, c, m) it means the kernel's rows, and {0, 1} each channel's window. epsilon is that of
// sepal/base/keras_config.h.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "sepal/base/tensor.h"
#include "sepal/weights/config_function.h"

namespace sepal {

class Constraint : public ConfigFunction<Constraint, Tensor(const Tensor&)> {
 public:
  using ConfigFunction::ConfigFunction;
  static constexpr const char* kKind = "constraint";
  static constexpr const char* kModule = "keras.constraints";
  static constexpr std::initializer_list<const char*> kIgnored = {};
  static void fill(Table& table);
  static void to_tf14(std::string& class_name, Json& config);
};

/// Makes T, a constraint of one's own, known to strings and to files, which call it "package>Name".
template <class T>
void register_constraint(const std::string& package = kDefaultPackage) {
  Constraint::table().add_custom<T>(package);
}
/// The same for a function.
inline void register_constraint(const std::string& name, std::function<Tensor(const Tensor&)> function,
                                const std::string& package = kDefaultPackage) {
  Constraint::table().add_custom(name, std::move(function), package);
}

namespace constraints {

/// w * clip(n, 0, max_value) / (epsilon + n), n the Euclidean norm.
struct MaxNorm {
  double max_value = 2.0;
  IntTuple axis = 0;
  static constexpr const char* kName = "MaxNorm";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("max_value", o.max_value);
    v("axis", o.axis);
  }
  Tensor operator()(const Tensor& w) const;
};

/// max(w, 0).
struct NonNeg {
  static constexpr const char* kName = "NonNeg";
  template <class Self, class Visitor>
  static void visit(Self&, Visitor&) {}
  Tensor operator()(const Tensor& w) const;
};

/// w / (epsilon + n).
struct UnitNorm {
  IntTuple axis = 0;
  static constexpr const char* kName = "UnitNorm";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
  Tensor operator()(const Tensor& w) const;
};

/// w * d / (epsilon + n) with d = rate * clip(n, min_value, max_value) + (1 - rate) * n.
struct MinMaxNorm {
  double min_value = 0.0;
  double max_value = 1.0;
  double rate = 1.0;
  IntTuple axis = 0;
  static constexpr const char* kName = "MinMaxNorm";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("min_value", o.min_value);
    v("max_value", o.max_value);
    v("rate", o.rate);
    v("axis", o.axis);
  }
  Tensor operator()(const Tensor& w) const;
};

}  // namespace constraints
}  // namespace sepal
