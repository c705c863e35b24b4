// Ten training steps against Keras 3.15: weights after every step, what train_on_batch reports, and the
// optimizer's state at the end. In float64 near the rounding of double; in float32 within ten times Keras's
// own drift.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sepal/models/model.h"
#include "tests/support/npz.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

const std::string kTrainingFolder = std::string(SEPAL_SOURCE_DIR) + "/tests/golden/train/";

void set_dtype(Json& value, const std::string& dtype) {
  if (value.is_object()) {
    if (value.contains("class_name") && value["class_name"] == "DTypePolicy") value["config"]["name"] = dtype;
    if (value.contains("batch_shape")) value["dtype"] = dtype;
    for (auto& [key, item] : value.items()) set_dtype(item, dtype);
  } else if (value.is_array()) {
    for (Json& item : value) set_dtype(item, dtype);
  }
}

class GoldenTraining : public ::testing::TestWithParam<const char*> {
 protected:
  void run(DType dtype) {
    const std::string folder = kTrainingFolder + GetParam() + "/";
    const Json description = read_json(folder + "case.json");
    set_floatx(dtype);
    const auto initial = testing::read_npz(folder + "init.npz");
    const auto batches = testing::read_npz(folder + "batches.npz");
    const auto steps = testing::read_npz(folder + "steps.npz");
    Json config = read_json(folder + "config.json");
    const Json compile_config = config["compile_config"];
    set_dtype(config["config"], std::string(name_of(dtype)));

    // L1's factor stands in the config rounded to float32, too.
    const bool has_l1 = config.dump().find("\"l1\"") != std::string::npos;

    const Model model(ModelBase::from_envelope(config));
    const std::vector<Variable> weights = model->weights();
    ASSERT_EQ(weights.size(), description["weights"].size());
    Tensors values;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const Json& wanted = description["weights"][i];
      EXPECT_EQ(weights[i].path(),
                wanted["layer"].get<std::string>() + "/" + wanted["name"].get<std::string>());
      EXPECT_EQ(weights[i].trainable(), wanted["trainable"].get<bool>());
      values.push_back(initial.at(fmt::format("w{}", i)));
    }
    model->set_weights(values);
    model->compile_from_config(compile_config);
    // The config holds the rate rounded to float32; the float64 run had all of its digits.
    const auto optimizer_state = testing::read_npz(folder + "optimizer.npz");
    if (dtype == DType::float64) model->optimizer()->set_learning_rate(optimizer_state.at("o01").item());
    std::map<std::int64_t, double> class_weight;
    if (!description["class_weight"].is_null()) {
      for (const auto& [key, weight] : description["class_weight"].items())
        class_weight[std::stoll(key)] = weight;
    }

    const auto array = [&](const std::string& name) {
      const auto found = batches.find(name);
      if (found == batches.end()) return Tensor();
      return is_floating(found->second.dtype()) ? found->second.astype(dtype) : found->second;
    };
    for (int step = 0; step < description["steps"].get<int>(); ++step) {
      SCOPED_TRACE(fmt::format("step {}", step));
      const std::string prefix = fmt::format("s{:02}_", step);
      Tensors x;
      Tensors y;
      for (int i = 0; array(fmt::format("{}x{}", prefix, i)).defined(); ++i) {
        x.push_back(array(fmt::format("{}x{}", prefix, i)));
      }
      for (int i = 0; array(fmt::format("{}y{}", prefix, i)).defined(); ++i) {
        y.push_back(array(fmt::format("{}y{}", prefix, i)));
      }
      model->reset_metrics();
      const Logs logs = model->train_on_batch(x, y, array(prefix + "sw"), class_weight);
      expect_logs(logs, description["logs"][static_cast<std::size_t>(step)], description, dtype);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        SCOPED_TRACE(weights[i].path());
        const double drift =
            description["float32_minus_float64"]["weights_by_step"][static_cast<std::size_t>(step)];
        const double tolerance = dtype == DType::float32 ? 10 * drift + 1e-6 : has_l1 ? 1e-9 : 1e-12;
        testing::expect_close(weights[i].value().astype(DType::float64),
                              steps.at(fmt::format("{}w{}", prefix, i)).astype(DType::float64), 0.0,
                              tolerance);
      }
    }
    expect_optimizer(*model, description, optimizer_state, dtype);
    set_floatx(DType::float32);
  }

 private:
  static Json read_json(const std::string& path) {
    std::ifstream file(path);
    return Json::parse(file);
  }

  static void expect_logs(const Logs& logs, const Json& wanted, const Json& description, DType dtype) {
    for (const auto& [name, value] : wanted.items()) {
      const double* got = logs.find(name);
      ASSERT_NE(got, nullptr) << name;
      const double drift = description["float32_minus_float64"]["logs"][name];
      EXPECT_NEAR(*got, value.get<double>(), dtype == DType::float64 ? 1e-6 : 10 * drift + 1e-6) << name;
    }
  }

  static void expect_optimizer(const ModelBase& model, const Json& description,
                               const std::map<std::string, Tensor>& wanted, DType dtype) {
    const std::vector<Variable> variables = model.optimizer_variables();
    ASSERT_EQ(variables.size(), description["optimizer_variables"].size());
    const double drift = description["float32_minus_float64"]["weights_by_step"].back();
    for (std::size_t i = 0; i < variables.size(); ++i) {
      SCOPED_TRACE(description["optimizer_variables"][i].get<std::string>());
      const Tensor want = wanted.at(fmt::format("o{:02}", i)).astype(DType::float64);
      double largest = 1.0;
      for (std::int64_t k = 0; k < want.num_elements(); ++k)
        largest = std::max(largest, std::abs(want.at(k)));
      // The learning rate and the slots follow the gradients, not the weights.
      testing::expect_close(variables[i].value().astype(DType::float64), want, 0.0,
                            largest * (dtype == DType::float64 ? 1e-7 : 100 * drift + 1e-5));
    }
  }
};

TEST_P(GoldenTraining, FollowsKerasInFloat64) { run(DType::float64); }
TEST_P(GoldenTraining, FollowsKerasInFloat32) { run(DType::float32); }

INSTANTIATE_TEST_SUITE_P(Keras315, GoldenTraining,
                         ::testing::Values("adam_reg", "adamw_residual", "class_weights", "multi_out_sw",
                                           "nesterov_bn", "sgd_sparse"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace sepal
