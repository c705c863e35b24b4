// Metrics, losses and optimizers as files of Keras 3.15 describe them, against what Keras makes of them
// (training_classes/make.py).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/train/losses/losses.h"
#include "sepal/train/metrics/metrics.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/tensor_checks.h"
#include "tests/support/written_config.h"

namespace sepal {
namespace {

struct ClassCase {
  Json data;
  Json description;

  Tensor values(const std::string& name, DType dtype) const {
    const Json& entry = data[name];
    const Shape shape(entry["shape"].get<std::vector<std::int64_t>>());
    return Tensor::from<double>(entry["values"].get<std::vector<double>>(), shape).astype(dtype);
  }
  Tensor argument(const char* key, DType dtype) const {
    return values(description[key].get<std::string>(), dtype);
  }
};

std::vector<ClassCase> class_cases(const char* file_name) {
  std::ifstream file(std::string(SEPAL_SOURCE_DIR "/tests/golden/training_classes/") + file_name);
  const Json content = Json::parse(file);
  std::vector<ClassCase> cases;
  for (const Json& description : content["cases"]) cases.push_back({content["data"], description});
  return cases;
}

std::string class_case_name(const ::testing::TestParamInfo<ClassCase>& info) {
  return fmt::format("{}_{}", info.param.description["config"]["class_name"].get<std::string>(), info.index);
}

template <class Handle>
Handle read_handle(const Json& config) {
  Handle handle;
  config_get(config, {"compile_config", "value"}, handle);
  return handle;
}

void expect_numbers(const std::vector<double>& got, const Json& want, double tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i].get<double>(), tolerance) << i;
}

class GoldenMetric : public ::testing::TestWithParam<ClassCase> {};

TEST_P(GoldenMetric, ReportsWhatKerasReports) {
  const Json& description = GetParam().description;
  Metric metric = read_handle<Metric>(description["config"]);
  EXPECT_EQ(metric.name(), description["config"]["config"]["name"].get<std::string>());
  const Tensor y_true = GetParam().argument("y_true", DType::float32);
  const Tensor y_pred = GetParam().argument("y_pred", DType::float32);
  // Keras adds up in float32.
  constexpr double kTolerance = 1e-6;
  metric.update_state(y_true, y_pred);
  expect_numbers(metric.results(), description["plain"], kTolerance);
  metric.update_state(y_true.rows(0, 2), y_pred.rows(0, 2));
  expect_numbers(metric.results(), description["more"], kTolerance);
  metric.reset_state();
  if (description.contains("weighted")) {
    metric.update_state(y_true, y_pred, GetParam().values("weights", DType::float32));
    expect_numbers(metric.results(), description["weighted"], kTolerance);
  }
}

TEST_P(GoldenMetric, ComesBackFromItsConfig) {
  Json config = GetParam().description["config"];
  // A list, because Keras cannot read the tensor that it writes.
  Json& options = config["config"];
  if (options.contains("label_weights") && options["label_weights"].is_object()) {
    options["label_weights"] = Json(options["label_weights"]["config"]["value"]);
  }
  EXPECT_EQ(testing::written<Metric>(read_handle<Metric>(config)), config);
}

INSTANTIATE_TEST_SUITE_P(Keras315, GoldenMetric, ::testing::ValuesIn(class_cases("metrics.json")),
                         class_case_name);

class GoldenLoss : public ::testing::TestWithParam<ClassCase> {};

TEST_P(GoldenLoss, AndItsGradientAreThoseOfKeras) {
  const Json& description = GetParam().description;
  const Loss loss = read_handle<Loss>(description["config"]);
  const Tensor y_true = GetParam().argument("y_true", DType::float64);
  const Tensor y_pred = GetParam().argument("y_pred", DType::float64);
  GradientTape tape;
  tape.watch(y_pred);
  const Tensor value = loss(y_true, y_pred);
  EXPECT_NEAR(value.item(), description["value"].get<double>(), 1e-9);
  const Tensor gradient = tape.gradient(value, {y_pred}).at(0);
  std::vector<double> got;
  for (std::int64_t i = 0; i < gradient.num_elements(); ++i) got.push_back(gradient.at(i));
  expect_numbers(got, description["gradient"], 1e-8);
  if (description.contains("weighted")) {
    EXPECT_NEAR(loss(y_true, y_pred, GetParam().values("weights", DType::float64)).item(),
                description["weighted"].get<double>(), 1e-9);
  }
}

TEST_P(GoldenLoss, ComesBackFromItsConfig) {
  const Json& config = GetParam().description["config"];
  EXPECT_EQ(testing::written<Loss>(read_handle<Loss>(config)), config);
}

INSTANTIATE_TEST_SUITE_P(Keras315, GoldenLoss, ::testing::ValuesIn(class_cases("losses.json")),
                         class_case_name);

class GoldenOptimizer : public ::testing::TestWithParam<ClassCase> {
 protected:
  static Tensor wave(const Tensor& w, double shift) {
    Tensor result(w.shape(), DType::float64);
    for (std::int64_t i = 0; i < w.num_elements(); ++i) {
      result.mutable_data<double>()[i] = std::sin(3.0 * w.at(i) + shift);
    }
    return result.astype(DType::float32);
  }
};

TEST_P(GoldenOptimizer, StepsAsKerasDoes) {
  const Json& description = GetParam().description;
  const Optimizer optimizer = read_handle<Optimizer>(description["config"]);
  Variables variables;
  for (std::size_t i = 0; i < description["paths"].size(); ++i) {
    const Shape shape(description["shapes"][i].get<std::vector<std::int64_t>>());
    const Tensor start = Tensor::from<double>(description["start"][i].get<std::vector<double>>(), shape);
    const auto path = description["paths"][i].get<std::string>();
    variables.emplace_back(start.astype(DType::float32), path.substr(path.find('/') + 1),
                           VariableOptions{.path = path});
  }
  const auto expect_values = [](const Tensor& got, const Json& want) {
    const Tensor wanted = Tensor::from<double>(want.get<std::vector<double>>(), got.shape());
    // In float32, five steps of gradients that follow the weights.
    testing::expect_close(got.astype(DType::float64), wanted, 1e-5, 2e-6);
  };
  for (std::size_t step = 0; step < description["steps"].size(); ++step) {
    SCOPED_TRACE(step);
    Tensors gradients;
    for (std::size_t i = 0; i < variables.size(); ++i) {
      gradients.push_back(wave(variables[i].value(), static_cast<double>(step + i)));
    }
    optimizer->apply(gradients, variables);
    for (std::size_t i = 0; i < variables.size(); ++i) {
      expect_values(variables[i].value(), description["steps"][step][i]);
    }
  }
  const Variables state = optimizer->variables();
  ASSERT_EQ(state.size(), description["state"].size());
  for (std::size_t i = 0; i < state.size(); ++i) {
    SCOPED_TRACE(description["state"][i]["name"].get<std::string>());
    ASSERT_EQ(state[i].shape(), Shape(description["state"][i]["shape"].get<std::vector<std::int64_t>>()));
    expect_values(state[i].value(), description["state"][i]["value"]);
  }
}

TEST_P(GoldenOptimizer, ComesBackFromItsConfig) {
  const Json& config = GetParam().description["config"];
  EXPECT_EQ(testing::written<Optimizer>(read_handle<Optimizer>(config)), config);
}

INSTANTIATE_TEST_SUITE_P(Keras315, GoldenOptimizer, ::testing::ValuesIn(class_cases("optimizers.json")),
                         class_case_name);

}  // namespace
}  // namespace sepal
