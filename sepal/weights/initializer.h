// Initializers: a shape and a dtype in, first values out (keras.initializers).
//
//   .kernel_initializer = "he_normal"
//   .kernel_initializer = initializers::HeNormal({.seed = 1})
//   .kernel_initializer = [](const Shape& shape, DType dtype) { return Tensor::full(shape, 0.1, dtype); }
//   .kernel_initializer = Tensor::from({0.5F, 2.0F}, {1, 2})
//
// With a seed an initializer gives the same values each time; without one, new values from the global seed
// (`set_random_seed`).
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "sepal/base/tensor.h"
#include "sepal/weights/config_function.h"

namespace sepal {

class Initializer : public ConfigFunction<Initializer, Tensor(const Shape&, DType)> {
 public:
  using ConfigFunction::ConfigFunction;
  static constexpr const char* kKind = "initializer";
  static constexpr const char* kModule = "keras.initializers";
  // TensorFlow 1 writes the dtype into each initializer.
  static constexpr std::initializer_list<const char*> kIgnored = {"dtype"};
  /// The values themselves. Whatever asks for another shape gets a ValueError.
  Initializer(const Tensor& values);  // NOLINT: Keras takes arrays
  static void fill(Table& table);
  static void to_tf14(std::string& class_name, Json& config);
};

/// Makes T, an initializer of one's own, known to strings and to files, which call it "package>Name".
template <class T>
void register_initializer(const std::string& package = kDefaultPackage) {
  Initializer::table().add_custom<T>(package);
}
/// The same for a function.
inline void register_initializer(const std::string& name, std::function<Tensor(const Shape&, DType)> function,
                                 const std::string& package = kDefaultPackage) {
  Initializer::table().add_custom(name, std::move(function), package);
}

namespace initializers {

using Seed = std::optional<std::int64_t>;

struct Zeros {
  static constexpr const char* kName = "Zeros";
  template <class Self, class Visitor>
  static void visit(Self&, Visitor&) {}
  Tensor operator()(const Shape& shape, DType dtype) const;
};

struct Ones {
  static constexpr const char* kName = "Ones";
  template <class Self, class Visitor>
  static void visit(Self&, Visitor&) {}
  Tensor operator()(const Shape& shape, DType dtype) const;
};

/// A number, or an array of numbers.
class Numbers {
 public:
  Numbers(double number = 0.0) : array_(Tensor::scalar(number, DType::float64)) {}  // NOLINT
  Numbers(std::initializer_list<double> list);
  Numbers(Tensor array) : array_(std::move(array)) {}  // NOLINT
  const Tensor& array() const { return array_; }

 private:
  Tensor array_;
};
/// A number or a nested list.
void config_put(Json& out, const char* key, const Numbers& numbers);
/// Reads these, and the envelopes that Keras writes for arrays ("__numpy__", "__tensor__").
void config_get(const Json& in, const ConfigField& field, Numbers& numbers);

/// An array is broadcast to the wanted shape, as in Keras 3; with Compatibility::tf14 its numbers fill the
/// shape row by row, and the last one fills the rest.
/// @throws ValueError if the array does not fit.
struct Constant {
  Numbers value = {};
  static constexpr const char* kName = "Constant";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("value", o.value);
  }
  Tensor operator()(const Shape& shape, DType dtype) const;
};

/// What a Tensor becomes that is given as an initializer; files have a Constant in its place.
struct FixedValues {
  Numbers value = {};
  static constexpr const char* kName = Constant::kName;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("value", o.value);
  }
  Tensor operator()(const Shape& shape, DType dtype) const;
};

/// Uniform in [minval, maxval).
struct RandomUniform {
  double minval = -0.05;
  double maxval = 0.05;
  Seed seed = {};
  static constexpr const char* kName = "RandomUniform";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("seed", o.seed);
    v("minval", o.minval);
    v("maxval", o.maxval);
  }
  Tensor operator()(const Shape& shape, DType dtype) const;
};

struct RandomNormal {
  double mean = 0.0;
  double stddev = 0.05;
  Seed seed = {};
  static constexpr const char* kName = "RandomNormal";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("seed", o.seed);
    v("mean", o.mean);
    v("stddev", o.stddev);
  }
  Tensor operator()(const Shape& shape, DType dtype) const;
};

/// Normal, redrawn beyond two standard deviations.
struct TruncatedNormal {
  double mean = 0.0;
  double stddev = 0.05;
  Seed seed = {};
  static constexpr const char* kName = "TruncatedNormal";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("seed", o.seed);
    v("mean", o.mean);
    v("stddev", o.stddev);
  }
  Tensor operator()(const Shape& shape, DType dtype) const;
};

/// The axes whose lengths multiply to a fan; both none: fan_in = shape[-2] * r, fan_out = shape[-1] * r with
/// r the product of the axes before (for a depthwise kernel (kh, kw, c, m) thus kh*kw*c and kh*kw*m).
using FanAxes = std::optional<IntTuple>;

/// Variance scale / n, with n the mode's fan: "fan_in", "fan_out" or "fan_avg". `distribution` is "uniform",
/// "truncated_normal" (or "normal") or "untruncated_normal".
struct VarianceScaling {
  double scale = 1.0;
  std::string mode = "fan_in";
  std::string distribution = "truncated_normal";
  Seed seed = {};
  FanAxes input_axes = {};
  FanAxes output_axes = {};
  static constexpr const char* kName = "VarianceScaling";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("seed", o.seed);
    v("scale", o.scale);
    v("mode", o.mode);
    v("distribution", o.distribution);
    v("input_axes", o.input_axes);
    v("output_axes", o.output_axes);
  }
  /// @throws ValueError for a scale that is not positive, an unknown mode or distribution.
  void check();
  Tensor operator()(const Shape& shape, DType dtype) const;
};

/// A VarianceScaling with a name of its own; Kind says its scale, mode and distribution.
template <class Kind>
struct NamedScaling {
  Seed seed = {};
  FanAxes input_axes = {};
  FanAxes output_axes = {};
  static constexpr const char* kName = Kind::kName;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("seed", o.seed);
    v("input_axes", o.input_axes);
    v("output_axes", o.output_axes);
  }
  Tensor operator()(const Shape& shape, DType dtype) const {
    return VarianceScaling{Kind::kScale, Kind::kMode, Kind::kDistribution, seed, input_axes, output_axes}(
        shape, dtype);
  }
};

struct GlorotUniformKind {
  static constexpr const char *kName = "GlorotUniform", *kMode = "fan_avg", *kDistribution = "uniform";
  static constexpr double kScale = 1.0;
};
struct GlorotNormalKind {
  static constexpr const char *kName = "GlorotNormal", *kMode = "fan_avg",
                              *kDistribution = "truncated_normal";
  static constexpr double kScale = 1.0;
};
struct HeUniformKind {
  static constexpr const char *kName = "HeUniform", *kMode = "fan_in", *kDistribution = "uniform";
  static constexpr double kScale = 2.0;
};
struct HeNormalKind {
  static constexpr const char *kName = "HeNormal", *kMode = "fan_in", *kDistribution = "truncated_normal";
  static constexpr double kScale = 2.0;
};
struct LecunUniformKind {
  static constexpr const char *kName = "LecunUniform", *kMode = "fan_in", *kDistribution = "uniform";
  static constexpr double kScale = 1.0;
};
struct LecunNormalKind {
  static constexpr const char *kName = "LecunNormal", *kMode = "fan_in", *kDistribution = "truncated_normal";
  static constexpr double kScale = 1.0;
};
/// Glorot and Bengio 2010.
using GlorotUniform = NamedScaling<GlorotUniformKind>;
using GlorotNormal = NamedScaling<GlorotNormalKind>;
/// He, Zhang, Ren and Sun 2015.
using HeUniform = NamedScaling<HeUniformKind>;
using HeNormal = NamedScaling<HeNormalKind>;
/// LeCun, Bottou, Orr and Müller 1998.
using LecunUniform = NamedScaling<LecunUniformKind>;
using LecunNormal = NamedScaling<LecunNormalKind>;

/// Orthonormal rows or columns (the fewer) of the shape seen as a matrix (product of all axes but the last,
/// last), times gain (Saxe, McClelland and Ganguli 2014).
struct Orthogonal {
  double gain = 1.0;
  Seed seed = {};
  static constexpr const char* kName = "Orthogonal";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("seed", o.seed);
    v("gain", o.gain);
  }
  /// @throws ValueError if the rank is below 2.
  Tensor operator()(const Shape& shape, DType dtype) const;
};

/// gain on the diagonal of a matrix.
struct Identity {
  double gain = 1.0;
  static constexpr const char* kName = "Identity";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    // Keras 3.15 never writes the gain (and so loses another than 1), but reads it.
    const bool writing = std::is_const_v<Self>;
    if (!writing || o.gain != 1.0) v("gain", o.gain);
  }
  /// @throws ValueError if the rank is not 2.
  Tensor operator()(const Shape& shape, DType dtype) const;
};

}  // namespace initializers
}  // namespace sepal
