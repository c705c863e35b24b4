// Metric: a number that is watched while training (keras.metrics.Metric).
//
//   .metrics = {"accuracy", metrics::SparseTopKCategoricalAccuracy({.k = 3}), my_function}
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sepal/base/config.h"
#include "sepal/base/error.h"
#include "sepal/train/losses/loss_values.h"
#include "sepal/weights/config_function.h"

namespace sepal {

/// The formula of a metric that is a mean over samples.
class MetricFunction : public ConfigFunction<MetricFunction, LossValues(const Tensor&, const Tensor&)> {
 public:
  using ConfigFunction::ConfigFunction;
  static constexpr const char* kKind = "metric";
  static constexpr const char* kModule = "keras.metrics";
  static constexpr std::initializer_list<const char*> kIgnored = {};
  static void fill(Table& table);
};

/// Makes T, the formula of a metric of one's own, known to strings and to files, which call it
/// "package>Name".
template <class T>
void register_metric(const std::string& package = kDefaultPackage) {
  MetricFunction::table().add_custom<T>(package);
}
/// The same for a function: one value per sample.
inline void register_metric(const std::string& name,
                            std::function<LossValues(const Tensor& y_true, const Tensor& y_pred)> function,
                            const std::string& package = kDefaultPackage) {
  MetricFunction::table().add_custom(name, std::move(function), package);
}

/// Whether a metric is better when it is larger.
enum class Direction { up, down };

/// A metric of one's own derives from this; most are a mean over samples and need only a function.
class MetricBase {
 public:
  explicit MetricBase(std::string name) : name_(std::move(name)) {}
  virtual ~MetricBase() = default;
  MetricBase(const MetricBase&) = delete;
  MetricBase& operator=(const MetricBase&) = delete;

  const std::string& name() const { return name_; }
  /// sample_weight and mask (of the predictions) may be not defined.
  virtual void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight,
                            const Tensor& mask) = 0;
  virtual double result() const = 0;
  /// Every result of a metric that has several (one for each threshold or class).
  virtual std::vector<double> results() const { return {result()}; }
  virtual void reset_state() = 0;
  /// Not known for a function of the user's.
  virtual std::optional<Direction> direction() const { return std::nullopt; }
  /// Writes the envelope, or a name.
  virtual void put(Json& out, const char* key) const = 0;

 protected:
  void set_name(std::string name) { name_ = std::move(name); }

 private:
  std::string name_;
};

/// A shared handle to any metric.
class Metric {
 public:
  Metric() = default;
  Metric(const char* name) : Metric(std::string(name)) {}  // NOLINT: Keras takes strings, objects, functions
  /// A name of a metric. "accuracy" and "acc" ("crossentropy" and "ce") become binary, sparse categorical or
  /// categorical by the shapes that the first update brings.
  /// @throws ValueError if no metric has this name.
  Metric(const std::string& name);  // NOLINT
  template <std::derived_from<MetricBase> M>
  Metric(std::shared_ptr<M> metric) : base_(std::move(metric)) {}  // NOLINT
  template <class F>
  requires(!std::is_base_of_v<Metric, F> && std::is_constructible_v<MetricFunction, F> &&
           !std::is_convertible_v<F, std::string>) Metric(F function)
      : Metric(MetricFunction(std::move(function)), std::string()) {}  // NOLINT

  explicit operator bool() const { return base_ != nullptr; }

  const std::string& name() const { return base().name(); }
  /// y_true and y_pred as the metric's formula wants them; weights (n,) or of the shape of its values.
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = {},
                    const Tensor& mask = {}) {
    base().update_state(y_true, y_pred, sample_weight, mask);
  }
  /// 0 before any update. Of several results their mean.
  double result() const { return base().result(); }
  std::vector<double> results() const { return base().results(); }
  void reset_state() { base().reset_state(); }
  std::optional<Direction> direction() const { return base().direction(); }

  /// From the "config" of an envelope. `owner` is for messages.
  using Make = std::function<Metric(const Json& config, const std::string& owner)>;
  /// Makes a class that derives from MetricBase known to strings (which give it their text as its name) and
  /// to files.
  static void add(const std::string& class_name, Make make);

  /// What `compile` uses: a metric given by its name gets a state of its own each time, an object is shared.
  Metric for_compile() const;

 private:
  friend void config_put(Json& out, const char* key, const Metric& metric);
  friend void config_get(const Json& in, const ConfigField& field, Metric& metric);

  Metric(MetricFunction function, std::string identifier);
  MetricBase& base() const;

  std::string identifier_;  // how the user wrote it, if by a name
  std::shared_ptr<MetricBase> base_;
};

/// A name is written as it was given, an object as its envelope.
void config_put(Json& out, const char* key, const Metric& metric);
/// Reads the names and envelopes of Keras 2 and 3.
void config_get(const Json& in, const ConfigField& field, Metric& metric);

}  // namespace sepal
