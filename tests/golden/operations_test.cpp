// Functions on symbolic tensors against Keras: keras.ops in Keras 3, functions of TensorFlow in tf.keras 2
// (operations/make.py). Values, gradients, and configs that come back.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "sepal/models/model.h"
#include "sepal/saving/load_model.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

const std::string kOperationsFolder = SEPAL_SOURCE_DIR "/tests/golden/operations/";

struct OperationCase {
  std::string writer;
  Json inputs;
  Json description;
  std::string name() const { return description["name"].get<std::string>(); }
};

std::vector<OperationCase> read_cases(const char* writer) {
  std::ifstream file(kOperationsFolder + writer + ".json");
  const Json content = Json::parse(file);
  std::vector<OperationCase> cases;
  for (const Json& description : content["cases"]) cases.push_back({writer, content["inputs"], description});
  return cases;
}

Shape shape_of(const Json& dims) { return Shape(dims.get<std::vector<std::int64_t>>()); }

// Models of float64 inputs: all else follows.
void widen_inputs(Json& value) {
  if (value.is_object() && value.contains("sparse")) value["dtype"] = "float64";
  if (!value.is_structured()) return;
  for (Json& item : value) widen_inputs(item);
}

class GoldenOperation : public ::testing::TestWithParam<OperationCase> {
 protected:
  const Json& description() const { return GetParam().description; }

  Tensors inputs(DType dtype) const {
    Tensors tensors;
    for (const Json& name : description()["inputs"]) {
      const Json& input = GetParam().inputs[name.get<std::string>()];
      const Tensor values =
          Tensor::from<double>(input["values"].get<std::vector<double>>(), shape_of(input["shape"]));
      tensors.push_back(values.astype(dtype));
    }
    return tensors;
  }
};

TEST_P(GoldenOperation, ComputesWhatKerasComputes) {
  const Model model = model_from_json(description()["model"].dump());
  const Tensor got = model(inputs(DType::float32));
  const Tensor want = Tensor::from<double>(description()["output"].get<std::vector<double>>(),
                                           shape_of(description()["shape"]));
  testing::expect_close(got.astype(DType::float64), want, 2e-6, 2e-6);
  // tf.argmax gives int64, Keras 3's argmax int32.
  if (GetParam().writer == "keras3") {
    EXPECT_EQ(name_of(got.dtype()), description()["dtype"].get<std::string>());
  }
  EXPECT_EQ(model->outputs()[0].dtype(), got.dtype());
  const Shape announced = model->outputs()[0].shape();
  ASSERT_EQ(announced.rank(), got.rank());
  for (int i = 0; i < got.rank(); ++i) {
    EXPECT_TRUE(announced[i] == kNone || announced[i] == got.shape()[i]) << announced.str();
  }
}

TEST_P(GoldenOperation, ComesBackFromItsConfig) {
  const Model model = model_from_json(description()["model"].dump());
  const Model again = model_from_json(model->to_json());
  EXPECT_EQ(again->get_config(), model->get_config());
  testing::expect_same_bits(again(inputs(DType::float32)), model(inputs(DType::float32)));
}

TEST_P(GoldenOperation, HasTheDerivativesOfFiniteDifferences) {
  Json config = description()["model"];
  widen_inputs(config);
  const Model model = model_from_json(config.dump());
  // What is not float64 then is made of truth values or whole numbers, or by a layer of float32.
  if (model->outputs()[0].dtype() != DType::float64 || GetParam().name() == "stop_gradient") return;
  const auto f = [&](const Tensors& x) { return model(x); };
  testing::expect_gradients_match_finite_differences(f, inputs(DType::float64), 1e-5);
}

std::string test_name(const ::testing::TestParamInfo<OperationCase>& info) { return info.param.name(); }

INSTANTIATE_TEST_SUITE_P(Keras3, GoldenOperation, ::testing::ValuesIn(read_cases("keras3")), test_name);
INSTANTIATE_TEST_SUITE_P(TensorFlow, GoldenOperation, ::testing::ValuesIn(read_cases("tensorflow")),
                         test_name);

INSTANTIATE_TEST_SUITE_P(TensorFlowGraph, GoldenOperation, ::testing::ValuesIn(read_cases("graph")),
                         test_name);

// What Keras 3 wrote for an operation is what Sepal writes.
TEST(GoldenOperations, AreWrittenAsKerasWritesThem) {
  for (const OperationCase& c : read_cases("keras3")) {
    const Json& wanted = c.description["model"]["config"]["layers"];
    const Json got = model_from_json(c.description["model"].dump())->get_config()["layers"];
    for (const Json& layer : wanted) {
      if (layer["class_name"] == "InputLayer") continue;
      const auto same = std::find_if(got.begin(), got.end(),
                                     [&](const Json& other) { return other["name"] == layer["name"]; });
      ASSERT_NE(same, got.end()) << c.name();
      EXPECT_EQ((*same)["module"], layer["module"]) << c.name();
      EXPECT_EQ((*same)["class_name"], layer["class_name"]) << c.name();
      EXPECT_EQ((*same)["inbound_nodes"], layer["inbound_nodes"]) << c.name();
    }
  }
}

}  // namespace
}  // namespace sepal
