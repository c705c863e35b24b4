#include "sepal/saving/tensorflow_functions.h"

#include "sepal/graph/keras_modules.h"

namespace sepal {
namespace {

using keras_modules::kCore;
using keras_modules::kImage;
using keras_modules::kLinalg;
using keras_modules::kMath;
using keras_modules::kNn;
using keras_modules::kNumpy;
constexpr const char* kLayers = "keras.layers";

const std::vector<FunctionField> kReduction = {{"axis", "axis"}, {"keepdims", "keepdims"}};
const std::vector<FunctionField> kAxis = {{"axis", "axis"}};
const std::vector<FunctionField> kPooling = {
    {"ksize", "pool_size"}, {"strides", "strides"}, {"padding", "padding"}, {"data_format", "data_format"}};
constexpr const char* kPoolingConfig = R"({"data_format": "channels_last"})";

}  // namespace

const std::map<std::string, TensorflowFunction>& tensorflow_functions() {
  static const std::map<std::string, TensorflowFunction> table = {
      {"__operators__.add", {kNumpy, "Add", {"y"}}},
      {"math.add", {kNumpy, "Add", {"y"}}},
      {"math.subtract", {kNumpy, "Subtract", {"y"}}},
      {"math.multiply", {kNumpy, "Multiply", {"y"}}},
      {"math.truediv", {kNumpy, "TrueDivide", {"y"}}},
      {"math.divide", {kNumpy, "TrueDivide", {"y"}}},
      {"realdiv", {kNumpy, "TrueDivide", {"y"}}},
      {"math.floordiv", {kNumpy, "FloorDivide", {"y"}}},
      {"floor_div", {kNumpy, "FloorDivide", {"y"}}},
      {"math.floormod", {kNumpy, "Mod", {"y"}}},
      {"math.pow", {kNumpy, "Power", {"y"}}},
      {"math.maximum", {kNumpy, "Maximum", {"y"}}},
      {"math.minimum", {kNumpy, "Minimum", {"y"}}},
      {"math.equal", {kNumpy, "Equal", {"y"}}},
      {"math.not_equal", {kNumpy, "NotEqual", {"y"}}},
      {"math.greater", {kNumpy, "Greater", {"y"}}},
      {"math.greater_equal", {kNumpy, "GreaterEqual", {"y"}}},
      {"math.less", {kNumpy, "Less", {"y"}}},
      {"math.less_equal", {kNumpy, "LessEqual", {"y"}}},
      {"math.logical_and", {kNumpy, "LogicalAnd", {"y"}}},
      {"math.logical_or", {kNumpy, "LogicalOr", {"y"}}},
      {"math.logical_xor", {kNumpy, "LogicalXor", {"y"}}},
      {"math.logical_not", {kNumpy, "LogicalNot"}},
      {"where", {kNumpy, "Where", {"x", "y"}}},
      {"math.negative", {kNumpy, "Negative"}},
      {"math.abs", {kNumpy, "Absolute"}},
      {"math.sqrt", {kNumpy, "Sqrt"}},
      {"math.rsqrt", {kMath, "Rsqrt"}},
      {"math.square", {kNumpy, "Square"}},
      {"math.reciprocal", {kNumpy, "Reciprocal"}},
      {"math.exp", {kNumpy, "Exp"}},
      {"math.expm1", {kNumpy, "Expm1"}},
      {"math.log", {kNumpy, "Log"}},
      {"math.log1p", {kNumpy, "Log1p"}},
      {"math.sin", {kNumpy, "Sin"}},
      {"math.cos", {kNumpy, "Cos"}},
      {"math.tan", {kNumpy, "Tan"}},
      {"math.sinh", {kNumpy, "Sinh"}},
      {"math.cosh", {kNumpy, "Cosh"}},
      {"math.tanh", {kNumpy, "Tanh"}},
      {"math.atan", {kNumpy, "Arctan"}},
      {"math.erf", {kMath, "Erf"}},
      {"math.sign", {kNumpy, "Sign"}},
      {"math.floor", {kNumpy, "Floor"}},
      {"math.ceil", {kNumpy, "Ceil"}},
      {"math.round", {kNumpy, "Round"}},
      {"math.is_nan", {kNumpy, "Isnan"}},
      {"math.sigmoid", {kNn, "Sigmoid"}},
      {"math.log_sigmoid", {kNn, "LogSigmoid"}},
      {"math.softplus", {kNn, "Softplus"}},
      {"nn.relu", {kNn, "Relu"}},
      {"nn.relu6", {kNn, "Relu6"}},
      {"nn.selu", {kNn, "Selu"}},
      {"nn.silu", {kNn, "Silu"}},
      {"nn.softsign", {kNn, "Softsign"}},
      {"nn.elu", {kNn, "Elu", {}, {}, R"({"alpha": 1.0})"}},
      {"nn.leaky_relu", {kNn, "LeakyRelu", {}, {{"alpha", "negative_slope"}}}},
      {"nn.gelu", {kNn, "Gelu", {}, {{"approximate", "approximate"}}, R"({"approximate": false})"}},
      {"nn.softmax", {kNn, "Softmax", {}, kAxis}},
      {"nn.log_softmax", {kNn, "LogSoftmax", {}, kAxis}},
      {"math.l2_normalize",
       {kNn, "Normalize", {}, {{"axis", "axis"}, {"epsilon", "epsilon"}}, R"({"epsilon": 1e-12})"}},
      {"math.reduce_mean", {kNumpy, "Mean", {}, kReduction}},
      {"math.reduce_sum", {kNumpy, "Sum", {}, kReduction}},
      {"math.reduce_max", {kNumpy, "Max", {}, kReduction}},
      {"math.reduce_min", {kNumpy, "Min", {}, kReduction}},
      {"math.reduce_variance", {kNumpy, "Var", {}, kReduction}},
      {"math.reduce_std", {kNumpy, "Std", {}, kReduction}},
      {"math.reduce_any", {kNumpy, "Any", {}, kReduction}},
      {"math.reduce_all", {kNumpy, "All", {}, kReduction}},
      {"math.reduce_logsumexp", {kMath, "Logsumexp", {}, kReduction}},
      {"math.argmax", {kNumpy, "Argmax", {}, kAxis, R"({"axis": 0})"}},
      {"math.argmin", {kNumpy, "Argmin", {}, kAxis, R"({"axis": 0})"}},
      {"math.reduce_prod", {kNumpy, "Prod", {}, kReduction}},
      {"math.cumsum", {kNumpy, "Cumsum", {}, kAxis, R"({"axis": 0})"}},
      {"math.cumprod", {kNumpy, "Cumprod", {}, kAxis, R"({"axis": 0})"}},
      {"sort", {kNumpy, "Sort", {}, kAxis, R"({"axis": -1})"}},
      {"argsort", {kNumpy, "Argsort", {}, kAxis, R"({"axis": -1})"}},
      {"math.top_k", {kMath, "TopK", {}, {{"k", "k"}, {"sorted", "sorted"}}}},
      {"image.resize",
       {kImage, "Resize", {}, {{"size", "size"}, {"method", "interpolation"}, {"antialias", "antialias"}}}},
      {"nn.max_pool", {kNn, "MaxPool", {}, kPooling, kPoolingConfig}},
      {"nn.max_pool1d", {kNn, "MaxPool", {}, kPooling, kPoolingConfig}},
      {"nn.max_pool2d", {kNn, "MaxPool", {}, kPooling, kPoolingConfig}},
      {"nn.max_pool3d", {kNn, "MaxPool", {}, kPooling, kPoolingConfig}},
      {"nn.avg_pool", {kNn, "AveragePool", {}, kPooling, kPoolingConfig}},
      {"nn.avg_pool1d", {kNn, "AveragePool", {}, kPooling, kPoolingConfig}},
      {"nn.avg_pool2d", {kNn, "AveragePool", {}, kPooling, kPoolingConfig}},
      {"nn.avg_pool3d", {kNn, "AveragePool", {}, kPooling, kPoolingConfig}},
      {"norm", {kLinalg, "Norm", {}, {{"ord", "ord"}, {"axis", "axis"}, {"keepdims", "keepdims"}}}},
      {"linalg.matmul", {kNumpy, "Matmul", {"b"}}},
      {"tensordot", {kNumpy, "Tensordot", {"b"}, {{"axes", "axes"}}}},
      {"reshape", {kNumpy, "Reshape", {}, {{"shape", "newshape"}}}},
      {"transpose", {kNumpy, "Transpose", {}, {{"perm", "axes"}}}},
      {"expand_dims", {kNumpy, "ExpandDims", {}, kAxis}},
      {"squeeze", {kNumpy, "Squeeze", {}, kAxis}},
      {"concat", {kNumpy, "Concatenate", {}, kAxis, "{}", true}},
      {"stack", {kNumpy, "Stack", {}, kAxis, R"({"axis": 0})", true}},
      {"split", {kNumpy, "Split", {}, {{"num_or_size_splits", "indices_or_sections"}, {"axis", "axis"}}}},
      {"unstack", {kCore, "Unstack", {}, {{"num", "num"}, {"axis", "axis"}}}},
      {"tile", {kNumpy, "Tile", {}, {{"multiples", "repeats"}}}},
      {"repeat", {kNumpy, "Repeat", {}, {{"repeats", "repeats"}, {"axis", "axis"}}}},
      {"reverse", {kNumpy, "Flip", {}, kAxis}},
      {"pad", {kNumpy, "Pad", {}, {{"paddings", "pad_width"}, {"mode", "mode"}}}},
      {"gather", {kNumpy, "Take", {"indices"}, kAxis, R"({"axis": 0})"}},
      {"broadcast_to", {kNumpy, "BroadcastTo", {}, {{"shape", "shape"}}}},
      {"shape", {kCore, "Shape"}},
      {"clip_by_value", {kNumpy, "Clip", {}, {{"clip_value_min", "x_min"}, {"clip_value_max", "x_max"}}}},
      {"cast", {kCore, "Cast", {}, {{"dtype", "dtype"}}}},
      {"one_hot", {kNn, "OneHot", {}, {{"depth", "num_classes"}, {"axis", "axis"}, {"dtype", "dtype"}}}},
      {"zeros_like", {kNumpy, "ZerosLike", {}, {{"dtype", "dtype"}}}},
      {"ones_like", {kNumpy, "OnesLike", {}, {{"dtype", "dtype"}}}},
      {"stop_gradient", {kCore, "StopGradient"}},
      {"identity", {kLayers, "Identity"}},
      {"math.add_n", {kLayers, "Add", {}, {}, "{}", true}},
      {"__operators__.getitem", {kNumpy, "GetItem", {"slice_spec"}}},
  };
  return table;
}

}  // namespace sepal
