// Operations on symbolic tensors: what operators build, and what Keras 3.15 writes for them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/layer_envelope.h"
#include "sepal/layers/layers.h"
#include "sepal/layers/operations/elementwise_operation.h"
#include "sepal/layers/registry.h"
#include "sepal/models/model.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;

constexpr const char* kNumpyModule = "keras.src.ops.numpy";
const Json kTensor = {{"class_name", "__keras_tensor__"}};

std::shared_ptr<OperationLayer> operation(const char* class_name, const Json& arguments, const Json& args,
                                          const char* module = kNumpyModule) {
  Json config = {{"name", "op"}};
  config.update(arguments);
  const Json envelope = {{"module", module}, {"class_name", class_name}, {"config", config}};
  auto layer = std::dynamic_pointer_cast<OperationLayer>(layer_from_envelope(envelope, "test"));
  EXPECT_TRUE(layer != nullptr) << class_name;
  layer->set_call({{"args", args}, {"kwargs", Json::object()}});
  EXPECT_EQ(layer->get_config(), config);
  return layer;
}

Tensor result(const char* class_name, const Json& config, const Json& args, const Tensors& inputs,
              const char* module = kNumpyModule) {
  const auto layer = operation(class_name, config, args, module);
  Shapes shapes;
  for (const Tensor& input : inputs) shapes.push_back(input.shape());
  const Tensor y = (*layer)(inputs)[0];
  EXPECT_EQ(layer->output_shapes_for(shapes)[0], y.shape()) << class_name;
  return y;
}

TEST(Operators, ComputeWhatTheySay) {
  const KerasTensor a = Input({.shape = {2}, .dtype = "float64"});
  const KerasTensor b = Input({.shape = {2}, .dtype = "float64"});
  const Model model({a, b}, {1.0 - ((a + b) * 0.5 - a / 4.0), -b, 2.0 / a, elementwise("Power", a, 2.0)});
  const Tensors y = model.all({Tensor::from<double>({1, 2}, {1, 2}), Tensor::from<double>({3, 6}, {1, 2})});
  testing::expect_values(y[0], {1, 2}, {-0.75, -2.5});
  testing::expect_values(y[1], {1, 2}, {-3, -6});
  testing::expect_values(y[2], {1, 2}, {2, 1});
  testing::expect_values(y[3], {1, 2}, {1, 4});
}

TEST(Operators, TakeArraysAndBroadcast) {
  const KerasTensor a = Input({.shape = {2, 1}, .dtype = "float64"});
  const KerasTensor sum = a + Tensor::from<float>({10, 20, 30}, {3});
  EXPECT_EQ(sum.shape(), (Shape{kNone, 2, 3}));
  testing::expect_values(Model(a, sum)(Tensor::from<double>({1, 2}, {1, 2, 1})), {1, 2, 3},
                         {11, 21, 31, 12, 22, 32});
  expect_error<ValueError>([&] { (void)(a + Tensor::zeros({3, 5})); }, {});
}

TEST(Operators, WriteTheConfigOfKeras) {
  const KerasTensor a = Input({.shape = {2}});
  const Model model(a, 1.0 - a);
  const Json config = model->get_config();
  const Json& entry = config["layers"][1];
  EXPECT_EQ(entry["module"], "keras.src.ops.numpy");
  EXPECT_EQ(entry["class_name"], "Subtract");
  EXPECT_EQ(entry["registered_name"], "Subtract");
  EXPECT_EQ(entry["config"], (Json{{"name", entry["name"]}}));
  const Json& node = entry["inbound_nodes"][0];
  EXPECT_EQ(node["args"][0], 1.0);
  EXPECT_EQ(node["args"][1]["class_name"], "__keras_tensor__");
  EXPECT_EQ(node["args"][1]["config"]["keras_history"][0], a.name());
  EXPECT_EQ(node["kwargs"], Json::object());
}

TEST(Operators, ComeBackFromTheirConfig) {
  const KerasTensor a = Input({.shape = {3}});
  const KerasTensor b = Input({.shape = {3}});
  const Model model({a, b}, (a + b) * Tensor::from<float>({1, 2, 3}, {3}) - a / 3.0);
  const auto again = ModelBase::from_envelope(model->to_envelope());
  EXPECT_EQ(again->get_config(), model->get_config());
  const Tensors x = {testing::varied({2, 3}, 1, DType::float32), testing::varied({2, 3}, 2, DType::float32)};
  testing::expect_same_bits((*again)(x)[0], model(x));
}

TEST(Operations, HaveARowForEachElementwiseKind) {
  for (const ElementwiseKind& kind : elementwise_kinds()) {
    Json args = Json::array({kTensor});
    while (args.size() < kind.operands) args.push_back(2.0);
    const Tensor x = testing::ramp({2, 3});
    EXPECT_EQ(result(kind.class_name, Json::object(), args, {x}, kind.module).shape(), x.shape());
  }
}

TEST(Operations, ReduceAndMoveElements) {
  const Json one = Json::array({kTensor});
  const Tensor x = testing::ramp({2, 3});
  testing::expect_values(result("Mean", {{"axis", 1}, {"keepdims", true}}, one, {x}), {2, 1}, {2, 5});
  testing::expect_values(result("Sum", {{"axis", nullptr}, {"keepdims", false}}, one, {x}), {}, {21});
  testing::expect_values(result("Reshape", {{"newshape", {-1, 2}}}, one, {x}), {3, 2}, {1, 2, 3, 4, 5, 6});
  testing::expect_values(result("Transpose", {{"axes", nullptr}}, one, {x}), {3, 2}, {1, 4, 2, 5, 3, 6});
  testing::expect_values(result("ExpandDims", {{"axis", 1}}, one, {x}), {2, 1, 3}, {1, 2, 3, 4, 5, 6});
  testing::expect_values(result("Squeeze", {{"axis", 0}}, one, {testing::ramp({1, 2})}), {2}, {1, 2});
  testing::expect_values(result("Max", {{"axis", {0}}, {"keepdims", false}}, one, {x}), {3}, {4, 5, 6});
  testing::expect_values(result("Clip", {{"x_min", 2.0}, {"x_max", 4.0}}, one, {x}), {2, 3},
                         {2, 2, 3, 4, 4, 4});
  testing::expect_values(result("Concatenate", {{"axis", 0}}, Json::array({Json::array({kTensor, kTensor})}),
                                {x, testing::ramp({1, 3})}),
                         {3, 3}, {1, 2, 3, 4, 5, 6, 1, 2, 3});
  testing::expect_values(
      result("Softmax", {{"axis", -1}}, one, {Tensor::zeros({1, 2}, DType::float64)}, "keras.src.ops.nn"),
      {1, 2}, {0.5, 0.5});
}

Json slice(const Json& start, const Json& stop, const Json& step = nullptr) {
  return {{"class_name", "__slice__"}, {"config", {{"start", start}, {"stop", stop}, {"step", step}}}};
}

TEST(GetItem, TakesSlicesIndicesAndNewAxes) {
  const Json all = slice(nullptr, nullptr);
  const Json ellipsis = {{"class_name", "__ellipsis__"}, {"config", Json::object()}};
  const Tensor x = testing::ramp({2, 3});
  const auto get = [&](const Json& key) {
    return result("GetItem", Json::object(), Json::array({kTensor, key}), {x});
  };
  testing::expect_values(get(Json::array({all, slice(1, 3)})), {2, 2}, {2, 3, 5, 6});
  testing::expect_values(get(Json::array({all, -1})), {2}, {3, 6});
  testing::expect_values(get(slice(-1, nullptr)), {1, 3}, {4, 5, 6});
  testing::expect_values(get(Json::array({ellipsis, nullptr, slice(nullptr, 1)})), {2, 1, 1}, {1, 4});
  EXPECT_EQ(get(Json::array({all, slice(3, 1)})).shape(), (Shape{2, 0}));
  EXPECT_EQ(operation("GetItem", Json::object(), Json::array({kTensor, Json::array({all, 0})}))
                ->output_shapes_for({{kNone, 3}})[0],
            (Shape{kNone}));
}

TEST(GetItem, TakesStepsAsPythonDoes) {
  const Tensor x = testing::ramp({5});
  const auto get = [&](const Json& key) {
    return result("GetItem", Json::object(), Json::array({kTensor, key}), {x});
  };
  testing::expect_values(get(slice(nullptr, nullptr, 2)), {3}, {1, 3, 5});
  testing::expect_values(get(slice(nullptr, nullptr, -1)), {5}, {5, 4, 3, 2, 1});
  testing::expect_values(get(slice(3, 0, -2)), {2}, {4, 2});
  testing::expect_values(get(slice(-1, -100, -3)), {2}, {5, 2});
  testing::expect_values(get(slice(1, 100, 7)), {1}, {2});
  EXPECT_EQ(get(slice(0, 3, -1)).shape(), (Shape{0}));
}

TEST(GetItem, RefusesWhatItCannotTake) {
  const auto make = [](const Json& key) {
    return operation("GetItem", Json::object(), Json::array({kTensor, key}));
  };
  expect_error<ValueError>([&] { (void)make(slice(0, 4, 0)); }, {"layer 'op'", "step=0"});
  expect_error<TypeError>([&] { (void)make("x"); }, {"layer 'op'"});
  expect_error<ValueError>(
      [&] {
        (void)(*make(Json::array({0, 0, 0})))({testing::ramp({2, 3})});
      },
      {"Too many indices"});
  expect_error<InvalidArgumentError>([&] { (void)(*make(2))({testing::ramp({2, 3})}); }, {"index 2"});
}

TEST(Operations, PromoteDtypesAsKerasDoes) {
  const auto dtype_of = [](const char* class_name, const Json& args, const Tensors& inputs) {
    return result(class_name, Json::object(), args, inputs).dtype();
  };
  const Json two = Json::array({kTensor, kTensor});
  const Tensor truth = Tensor::from<bool>({true, false}, {2});
  const Tensor whole = Tensor::from<std::int32_t>({3, -4}, {2});
  const Tensor number = testing::ramp({2}, DType::float32);
  EXPECT_EQ(dtype_of("Multiply", two, {truth, number}), DType::float32);
  EXPECT_EQ(dtype_of("Add", Json::array({kTensor, 1}), {truth}), DType::int32);
  EXPECT_EQ(dtype_of("Add", Json::array({kTensor, 1}), {whole}), DType::int32);
  EXPECT_EQ(dtype_of("Add", Json::array({kTensor, 1.5}), {whole}), DType::float32);
  EXPECT_EQ(dtype_of("TrueDivide", two, {whole, whole}), DType::float32);
  EXPECT_EQ(dtype_of("Exp", Json::array({kTensor}), {whole}), DType::float32);
  EXPECT_EQ(dtype_of("Greater", Json::array({kTensor, 1}), {whole}), DType::boolean);
  const Json array = {{"class_name", "__numpy__"}, {"config", {{"value", {1.0, 2.0}}, {"dtype", "float64"}}}};
  EXPECT_EQ(dtype_of("Add", Json::array({kTensor, array}), {number}), DType::float64);
  testing::expect_values(
      result("FloorDivide", Json::object(), Json::array({kTensor, 3}), {whole}).astype(DType::float64), {2},
      {1, -2});
}

TEST(Operations, HaveSeveralResults) {
  const auto split =
      operation("Split", {{"indices_or_sections", {1, 3}}, {"axis", -1}}, Json::array({kTensor}));
  EXPECT_EQ(split->output_shapes_for({{kNone, 4}}), (Shapes{{kNone, 1}, {kNone, 2}, {kNone, 1}}));
  const Tensors parts = (*split)(Tensors{testing::ramp({2, 4})});
  ASSERT_EQ(parts.size(), 3U);
  testing::expect_values(parts[1], {2, 2}, {2, 3, 6, 7});
  const auto odd = operation("Split", {{"indices_or_sections", 3}, {"axis", 1}}, Json::array({kTensor}));
  expect_error<ValueError>(
      [&] {
        (void)(*odd)(Tensors{testing::ramp({2, 4})});
      },
      {"(2, 4)", "3 equal parts"});
}

TEST(Operations, RefuseCallsThatDoNotFit) {
  expect_error<TypeError>([] { (void)operation("Add", Json::object(), Json::array({kTensor})); },
                          {"layer 'op'", "2 argument(s)"});
  expect_error<ValueError>(
      [] {
        (void)operation("Add", Json::object(), Json::array({1.0, 2.0}));
      },
      {"layer 'op'", "at least one tensor"});
  expect_error<ValueError>(
      [] {
        (void)operation("Add", Json::object(), Json::array({kTensor, "x"}));
      },
      {"layer 'op'"});
  expect_error<UnimplementedError>(
      [] {
        (void)operation("Add", Json::object(), Json::array({kTensor, {{"class_name", "__dict__"}}}));
      },
      {"layer 'op'"});
  expect_error<TypeError>([] { (void)operation("Mean", {{"axis", 1}}, Json::array({1.0})); }, {"layer 'op'"});
  expect_error<TypeError>(
      [] {
        (void)operation("Concatenate", {{"axis", 1}}, Json::array({kTensor}));
      },
      {"layer 'op'", "list of tensors"});
  const auto add = operation("Add", Json::object(), Json::array({kTensor, kTensor}));
  expect_error<ValueError>([&] { (void)(*add)({testing::ramp({2})}); }, {"expects 2 input(s)"});
  expect_error<RuntimeError>(
      [&] {
        add->set_call({{"args", Json::array({kTensor, kTensor})}});
      },
      {"one call only"});
}

}  // namespace
}  // namespace sepal
