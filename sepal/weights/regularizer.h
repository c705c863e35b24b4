// Regularizers: a weight (or an output) in, a scalar to add to the loss out (keras.regularizers).
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "sepal/base/tensor.h"
#include "sepal/weights/config_function.h"

namespace sepal {

/// The result is a scalar of the argument's dtype, differentiable.
class Regularizer : public ConfigFunction<Regularizer, Tensor(const Tensor&)> {
 public:
  using ConfigFunction::ConfigFunction;
  static constexpr const char* kKind = "regularizer";
  static constexpr const char* kModule = "keras.regularizers";
  static constexpr std::initializer_list<const char*> kIgnored = {};
  static void fill(Table& table);
  static void to_tf14(std::string& class_name, Json& config);
};

/// Makes T, a regularizer of one's own, known to strings and to files, which call it "package>Name".
template <class T>
void register_regularizer(const std::string& package = kDefaultPackage) {
  Regularizer::table().add_custom<T>(package);
}
/// The same for a function.
inline void register_regularizer(const std::string& name, std::function<Tensor(const Tensor&)> function,
                                 const std::string& package = kDefaultPackage) {
  Regularizer::table().add_custom(name, std::move(function), package);
}

namespace regularizers {

/// l1 * sum |x|. The factor is rounded to float32, as Keras 3.15 stores it.
struct L1 {
  double l1 = 0.01;
  static constexpr const char* kName = "L1";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("l1", o.l1);
  }
  void check();
  Tensor operator()(const Tensor& x) const;
};

/// l2 * sum x².
struct L2 {
  double l2 = 0.01;
  static constexpr const char* kName = "L2";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("l2", o.l2);
  }
  void check() const;
  Tensor operator()(const Tensor& x) const;
};

/// l1 * sum |x| + l2 * sum x².
struct L1L2 {
  double l1 = 0.0;
  double l2 = 0.0;
  static constexpr const char* kName = "L1L2";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("l1", o.l1);
    v("l2", o.l2);
  }
  void check() const;
  Tensor operator()(const Tensor& x) const;
};

/// factor * the mean of |cosine| over all pairs of rows (mode "rows") or columns ("columns") of a matrix.
struct OrthogonalRegularizer {
  double factor = 0.01;
  std::string mode = "rows";
  static constexpr const char* kName = "OrthogonalRegularizer";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("factor", o.factor);
    v("mode", o.mode);
  }
  void check();
  /// @throws ValueError if the rank of x is not 2.
  Tensor operator()(const Tensor& x) const;
};

}  // namespace regularizers
}  // namespace sepal
