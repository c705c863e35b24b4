#include "tests/contract/calls.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sepal/sepal.h"
#include "tests/support/temporary_folder.h"

namespace sepal::testing {
namespace {

using layers::SeparableConv2D;
using Says = std::vector<std::string>;

const char* const kTf14 = "tf14";
const char* const kKeras2 = "k215";
const char* const kRow = "row";

Tensor x(const Shape& shape) { return Tensor::ones(shape); }
KerasTensor s(const Shape& shape) { return Input({.batch_shape = shape}); }

Json of_shape(const Shape& shape) { return {{"shape", shape_to_json(shape)}}; }
Json of_shape(const Tensor& tensor) { return of_shape(tensor.shape()); }
Json of_shape(const KerasTensor& tensor) { return of_shape(tensor.shape()); }

// An object that Python would print.
Json printed(const Ref<Layer>& layer) { return "<" + layer->class_name() + ">"; }

std::string raises(const char* error) { return Json{{"raises", error}}.dump(); }

// The class with the arguments as any JSON: what C++ has no literal for.
template <class L>
Json from(Json config, const char* key, Json value) {
  config[key] = std::move(value);
  return printed(Ref<L>::from_config(config));
}

Json separable(const char* key, Json value) {
  return from<SeparableConv2DLayer>({{"filters", 2}, {"kernel_size", 3}}, key, std::move(value));
}

SeparableConv2D layer() { return SeparableConv2D({.filters = 2, .kernel_size = 3}); }

SeparableConv2D built() {
  const SeparableConv2D made = layer();
  made->build_for({kNone, 5, 5, 3});
  return made;
}

SeparableConv2D called_on(const std::vector<Shape>& shapes) {
  const SeparableConv2D made = layer();
  // Held: a node lives as long as its results.
  static KerasTensors results;
  for (const Shape& shape : shapes) results.push_back(made(s(shape)));
  return made;
}

// The calls with a SeparableConv2D's constructor alone.
std::vector<Call> constructions() {
  const Says kPair{"kernel_size", "integer"};
  return {
      {"ctor_missing",
       [] { return printed(SeparableConv2D::from_config(Json::object())); },
       {"missing", "'filters'"}},
      {"ctor_missing_kernel",
       [] {
         return printed(SeparableConv2D::from_config({{"filters", 3}}));
       },
       {"missing", "'kernel_size'"}},
      {"ctor_filters_0",
       [] { return printed(SeparableConv2D({.filters = 0, .kernel_size = 3})); },
       {"`filters`", "strictly positive", "filters=0"}},
      {"ctor_filters_neg",
       [] { return printed(SeparableConv2D({.filters = -2, .kernel_size = 3})); },
       {"`filters`", "strictly positive", "filters=-2"}},
      {"ctor_filters_float",
       [] {
         return SeparableConv2D::from_config({{"filters", 8.0}, {"kernel_size", 3}})->options().filters;
       }},
      {"ctor_filters_none",
       [] { return separable("filters", nullptr); },
       {"filters", "integer", "null"},
       kRow,
       raises("ValueError")},
      {"ctor_filters_str", [] { return separable("filters", "8"); }, {"filters", "integer", "\"8\""}},
      {"ctor_kernel_len1",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = {3}})); },
       {"`kernel_size`", "tuple of 2 integers", "(3,)"}},
      {"ctor_kernel_len3",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = {3, 3, 3}}));
       },
       {"`kernel_size`", "tuple of 2 integers", "(3, 3, 3)"}},
      {"ctor_kernel_float", [] { return separable("kernel_size", 3.5); }, {"kernel_size", "integer", "3.5"}},
      {"ctor_kernel_none",
       [] { return separable("kernel_size", nullptr); },
       {"kernel_size", "integer", "null"}},
      {"ctor_kernel_str", [] { return separable("kernel_size", "ab"); }, {"kernel_size", "integer", "ab"}},
      {"ctor_kernel_0",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = {1, 0}}));
       },
       {"`kernel_size`", "tuple of 2 integers", "(1, 0)"}},
      {"ctor_kernel_neg",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = -3})); },
       {"`kernel_size`", "tuple of 2 integers", "-3"}},
      {"ctor_kernel_list",
       [] {
         return SeparableConv2D({.filters = 2, .kernel_size = {3, 5}})->options().kernel_size.values();
       }},
      {"ctor_kernel_bool",
       [] { return separable("kernel_size", true); },
       {"kernel_size", "integer", "true"},
       kRow,
       raises("ValueError")},
      {"ctor_kernel_inner_none",
       [] {
         return separable("kernel_size", {3, nullptr});
       },
       {"kernel_size", "integer", "null"}},
      {"ctor_strides_len3",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = {1, 2, 3}}));
       },
       {"`strides`", "tuple of 2 integers", "(1, 2, 3)"}},
      {"ctor_strides_none", [] { return separable("strides", nullptr); }, {"strides", "integer", "null"}},
      {"ctor_strides_0",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = {1, 0}}));
       },
       {"`strides`", "tuple of 2 integers", "(1, 0)"}},
      {"ctor_strides_neg",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = -1})); },
       {"`strides`", "tuple of 2 integers", "-1"}},
      // The page forbids it, and so did every Keras from 2.12 to 3.14.
      {"ctor_stride_dilation",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = 2, .dilation_rate = 2}));
       },
       {"strides", "dilation_rate", "(2, 2)"},
       "k215"},
      {"ctor_stride_dilation_mixed",
       [] {
         return printed(
             SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = {2, 1}, .dilation_rate = {1, 2}}));
       },
       {"strides", "dilation_rate", "(2, 1)", "(1, 2)"},
       "k215"},
      {"ctor_dilation_0",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .dilation_rate = 0})); },
       {"`dilation_rate`", "tuple of 2 integers", "0"}},
      {"ctor_dilation_len3",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .dilation_rate = {1, 1, 1}}));
       },
       {"`dilation_rate`", "tuple of 2 integers", "(1, 1, 1)"}},
      {"ctor_padding_upper",
       [] {
         return SeparableConv2D({.filters = 2, .kernel_size = 3, .padding = "SAME"})->options().padding;
       }},
      {"ctor_padding_full",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .padding = "full"})); },
       {"`padding`", "valid", "same", "full"}},
      {"ctor_padding_causal",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .padding = "causal"})); },
       {"`padding`", "valid", "same", "causal"}},
      {"ctor_padding_none",
       [] { return separable("padding", nullptr); },
       {"padding", "string", "null"},
       kRow,
       raises("ValueError")},
      {"ctor_padding_int",
       [] { return separable("padding", 1); },
       {"padding", "string", "1"},
       kRow,
       raises("ValueError")},
      {"ctor_df_case",
       [] {
         return SeparableConv2D({.filters = 2, .kernel_size = 3, .data_format = "Channels_First"})
             ->options()
             .data_format;
       }},
      {"ctor_df_nchw",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .data_format = "nchw"})); },
       {"`data_format`", "channels_first", "channels_last", "nchw"}},
      {"ctor_df_int", [] { return separable("data_format", 1); }, {"data_format", "string", "1"}},
      {"ctor_dm_0",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .depth_multiplier = 0})); },
       {"`depth_multiplier`", "strictly positive", "depth_multiplier=0"}},
      {"ctor_dm_neg",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .depth_multiplier = -1})); },
       {"`depth_multiplier`", "strictly positive", "depth_multiplier=-1"}},
      {"ctor_act_unknown",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .activation = "foo"})); },
       {"activation function identifier", "foo"}},
      {"ctor_act_none",
       [] {
         return SeparableConv2D({.filters = 2, .kernel_size = 3, .activation = nullptr})
             ->get_config()["activation"];
       }},
      {"ctor_act_number", [] { return separable("activation", 3); }, {"activation", "3"}},
      {"ctor_act_case",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .activation = "ReLU"})); },
       {"activation function identifier", "ReLU"}},
      {"ctor_init_none",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .depthwise_initializer = nullptr}));
       }},
      {"ctor_init_unknown",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .depthwise_initializer = "foo"}));
       },
       {"initializer", "foo"}},
      {"ctor_init_no_config",
       [] {
         return separable("pointwise_initializer", {{"class_name", "Zeros"}});
       },
       {"pointwise_initializer", "`config`", "Zeros"},
       "tf14"},
      {"ctor_bias_init_unknown",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .bias_initializer = "foo"})); },
       {"initializer", "foo"}},
      {"ctor_reg_unknown",
       [] {
         return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .depthwise_regularizer = "foo"}));
       },
       {"regularizer", "foo"}},
      {"ctor_reg_number",
       [] { return separable("pointwise_regularizer", 0.1); },
       {"pointwise_regularizer", "0.1"}},
      // Keras 3 refuses the name that its own documentation uses.
      {"ctor_reg_l1_l2",
       [] {
         const SeparableConv2D made({.filters = 2, .kernel_size = 3, .depthwise_regularizer = "l1_l2"});
         const auto* both = made->options().depthwise_regularizer.as<regularizers::L1L2>();
         return Json{{"l1", both->l1}, {"l2", both->l2}};
       },
       {},
       kTf14},
      {"ctor_reg_l1l2",
       [] {
         const SeparableConv2D made({.filters = 2, .kernel_size = 3, .depthwise_regularizer = "l1l2"});
         const auto* both = made->options().depthwise_regularizer.as<regularizers::L1L2>();
         return Json{{"l1", both->l1}, {"l2", both->l2}};
       }},
      {"ctor_con_unknown",
       [] { return printed(SeparableConv2D({.filters = 2, .kernel_size = 3, .bias_constraint = "foo"})); },
       {"constraint", "foo"}},
      {"ctor_kw_unknown", [] { return separable("foo", 1); }, {"'foo'"}, kTf14},
      // Older versions took it and lost it: files may have it, callers not.
      {"ctor_kw_kernel_init",
       [] { return separable("kernel_initializer", "zeros"); },
       {"'kernel_initializer'"},
       kRow,
       raises("TypeError")},
      {"ctor_kw_groups", [] { return separable("groups", 1); }, {"'groups'"}, kTf14},
      {"ctor_name_slash",
       [] { return printed(SeparableConv2D({.filters = 1, .kernel_size = 1, .name = "a/b"})); },
       {"`name`", "`/`", "a/b"}},
      {"ctor_name_int", [] { return separable("name", 5); }, {"name", "string", "5"}},
      {"ctor_name_empty",
       [] { return separable("name", ""); },
       {"`name`", "empty"},
       kRow,
       raises("ValueError")},
      {"ctor_dtype_bad",
       [] { return printed(SeparableConv2D({.filters = 1, .kernel_size = 1, .dtype = "float8"})); },
       {"float8", "policy"}},
      {"ctor_trainable_str",
       [] { return separable("trainable", "no"); },
       {"trainable", "true or false", "no"}},
      {"ctor_batch_input_shape",
       [] {
         return printed(
             SeparableConv2D({.filters = 1, .kernel_size = 1}, {.batch_input_shape = {{kNone, 4, 4, 2}}}));
       },
       {},
       kTf14},
  };
}

// Building, calling, and the shapes of results.
std::vector<Call> builds_and_calls() {
  return {
      {"call_rank3",
       [] {
         return of_shape(layer()(x({5, 5, 3})));
       },
       {"expected ndim=4, found ndim=3", "(5, 5, 3)"}},
      {"call_rank5",
       [] {
         return of_shape(layer()(x({1, 1, 5, 5, 3})));
       },
       {"expected ndim=4, found ndim=5", "(1, 1, 5, 5, 3)"}},
      {"call_sym_rank3",
       [] {
         return of_shape(layer()(s({kNone, 5, 3})));
       },
       {"expected ndim=4, found ndim=3", "(None, 5, 3)"}},
      {"call_channels_none",
       [] {
         return of_shape(layer()(s({kNone, 5, 5, kNone})));
       },
       {"channel dimension", "(None, 5, 5, None)"},
       kKeras2},
      {"build_channels_none",
       [] {
         layer()->build_for({kNone, 5, 5, kNone});
         return Json();
       },
       {"channel dimension", "(None, 5, 5, None)"},
       kTf14},
      {"build_rank3",
       [] {
         layer()->build_for({5, 5, 3});
         return Json();
       },
       {"rank 4", "(5, 5, 3)"}},
      {"call_other_channels",
       [] {
         const SeparableConv2D made = layer();
         (void)made(x({1, 5, 5, 3}));
         return of_shape(made(x({1, 5, 5, 4})));
       },
       {"expected axis 3", "value 3", "(1, 5, 5, 4)"}},
      {"call_other_size",
       [] {
         const SeparableConv2D made = layer();
         (void)made(x({1, 5, 5, 3}));
         return of_shape(made(x({1, 7, 6, 3})));
       }},
      {"call_list",
       [] {
         return of_shape(layer()(Tensors{x({1, 5, 5, 3}), x({1, 5, 5, 3})}));
       },
       {"\"separable_conv2d\"", "expects 1 input(s)", "2 input tensors"}},
      {"call_too_small",
       [] {
         return of_shape(SeparableConv2D({.filters = 2, .kernel_size = 5})(x({1, 3, 3, 2})));
       },
       {"output size would be zero or negative", "(1, 3, 3, 2)", "(5, 5)"}},
      {"call_sym_too_small",
       [] {
         return of_shape(SeparableConv2D({.filters = 2, .kernel_size = 5})(s({kNone, 3, 3, 2})));
       },
       {"output size would be zero or negative", "(None, 3, 3, 2)"}},
      {"call_dilated_too_small",
       [] {
         return of_shape(
             SeparableConv2D({.filters = 2, .kernel_size = 3, .dilation_rate = 2})(s({kNone, 4, 4, 2})));
       },
       {"output size would be zero or negative", "(None, 4, 4, 2)", "(2, 2)"}},
      {"call_unequal_strides",
       [] {
         return of_shape(
             SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = {1, 2}})(x({1, 6, 6, 2})));
       },
       {},
       kTf14},
      {"call_sym_unequal_strides",
       [] {
         return of_shape(
             SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = {1, 2}})(s({kNone, 6, 6, 2})));
       }},
      {"call_channels_first",
       [] {
         return of_shape(SeparableConv2D({.filters = 2, .kernel_size = 3, .data_format = "channels_first"})(
             x({1, 3, 6, 5})));
       }},
      {"call_int_input",
       [] {
         return of_shape(layer()(Tensor::ones({1, 4, 4, 2}, DType::int32)));
       },
       {"int32", "float32"},
       kTf14},
      {"call_numpy",
       [] {
         return of_shape(layer()(x({1, 4, 4, 2})));
       }},
      {"call_numpy_f64",
       [] {
         return of_shape(layer()(Tensor::ones({1, 4, 4, 2}, DType::float64)));
       }},
      {"call_none", [] { return of_shape(layer()(Tensor())); }, {"should be tensors", "'separable_conv2d'"}},
      {"call_batch0",
       [] {
         return of_shape(layer()(x({0, 5, 5, 3})));
       }},
      {"call_unbuilt_call",
       [] {
         return of_shape(layer()->call_built(x({1, 5, 5, 3})));
       },
       {"\"separable_conv2d\"", "no weights"},
       kRow,
       raises("RuntimeError")},
      {"cos_unbuilt",
       [] {
         return shape_to_json(layer()->output_shapes_for({{kNone, 7, 7, 3}})[0]);
       }},
      {"cos_unknown",
       [] {
         const SeparableConv2D made({.filters = 2, .kernel_size = 3, .strides = 2, .padding = "same"});
         return shape_to_json(made->output_shapes_for({{kNone, kNone, kNone, 3}})[0]);
       }},
      {"cos_zero",
       [] {
         const SeparableConv2D made({.filters = 2, .kernel_size = 5});
         return shape_to_json(made->output_shapes_for({{1, 3, 3, 2}})[0]);
       },
       {"output size would be zero or negative", "(1, 3, 3, 2)"}},
      {"cos_rank3",
       [] {
         const SeparableConv2D made({.filters = 2, .kernel_size = 5});
         return shape_to_json(made->output_shapes_for({Shape{3, 3, 2}})[0]);
       },
       {"expected ndim=4, found ndim=3", "(3, 3, 2)"}},
      {"rebuild_same",
       [] {
         const SeparableConv2D made = built();
         made->build_for({kNone, 5, 5, 3});
         return Json(made->weights().size());
       },
       {},
       kTf14},
      {"rebuild_other",
       [] {
         const SeparableConv2D made = built();
         made->build_for({kNone, 5, 5, 4});
         return Json();
       },
       {"expected axis 3", "value 3", "(None, 5, 5, 4)"}},
  };
}

std::vector<Call> weights_and_losses() {
  const auto zeros = [](const Shape& shape) { return Tensor::zeros(shape); };
  const auto set = [zeros](const SeparableConv2D& made, const Shapes& shapes) {
    Tensors values;
    for (const Shape& shape : shapes) values.push_back(zeros(shape));
    made->set_weights(values);
    return Json();
  };
  return {
      {"count_unbuilt", [] { return Json(layer()->count_params()); }, {"count_params", "isn't built"}},
      {"count_built",
       [] {
         const SeparableConv2D made({.filters = 6, .kernel_size = 3});
         made->build_for({2, 7, 6, 3});
         return Json(made->count_params());
       }},
      {"get_weights_unbuilt", [] { return layer()->get_weights().empty() ? Json::array() : Json(); }},
      {"set_weights_unbuilt", [=] { return set(layer(), {{3}}); }, {"length 1", "0 weights"}},
      {"set_weights_unbuilt_empty", [=] { return set(layer(), {}); }},
      {"set_weights_count",
       [=] {
         return set(built(), {{3, 3, 3, 1}, {1, 1, 3, 2}});
       },
       {"length 2", "3 weights"}},
      {"set_weights_shape",
       [=] {
         return set(built(), {{3, 3, 3, 1}, {1, 1, 3, 2}, {3}});
       },
       {"(2,)", "(3,)"}},
      // All or nothing, as TensorFlow 1.4 checks before it assigns; the stored number is a random one.
      {"set_weights_partial",
       [] {
         const SeparableConv2D made = built();
         const double before = made->get_weights()[0].at(0);
         try {
           made->set_weights({Tensor::full({3, 3, 3, 1}, 7.0), x({1, 1, 3, 2}), x({3})});
         } catch (const ValueError&) {
           return Json(made->get_weights()[0].at(0) == before);
         }
         return Json();
       },
       {},
       kRow,
       R"({"ok": true})"},
      {"set_weights_squeezed",
       [=] {
         return set(built(), {{3, 3, 3, 1}, {3, 2}, {2}});
       },
       {"(1, 1, 3, 2)", "(3, 2)"}},
      {"weights_frozen",
       [] {
         const SeparableConv2D made({.filters = 2, .kernel_size = 3, .trainable = false});
         made->build_for({kNone, 5, 5, 3});
         return Json::array({made->trainable_weights().size(), made->non_trainable_weights().size(),
                             made->weights().size()});
       }},
      {"losses_frozen",
       [] {
         const SeparableConv2D made(
             {.filters = 2, .kernel_size = 3, .depthwise_regularizer = "l2", .pointwise_regularizer = "l2"});
         made->build_for({kNone, 5, 5, 3});
         const std::size_t before = made->losses().size();
         made->set_trainable(false);
         return Json::array({before, made->losses().size()});
       }},
      {"losses_no_bias",
       [] {
         const SeparableConv2D made({.filters = 2,
                                     .kernel_size = 3,
                                     .use_bias = false,
                                     .depthwise_regularizer = "l2",
                                     .pointwise_regularizer = "l2",
                                     .bias_regularizer = "l2"});
         made->build_for({kNone, 5, 5, 3});
         return Json(made->losses().size());
       }},
      {"losses_calls",
       [] {
         const SeparableConv2D made(
             {.filters = 2, .kernel_size = 3, .depthwise_regularizer = "l2", .activity_regularizer = "l2"});
         made->build_for({kNone, 5, 5, 2});
         Json counts = Json::array({made->losses().size()});
         for (int i = 0; i < 2; ++i) {
           (void)made(x({1, 5, 5, 2}));
           counts.push_back(made->losses().size());
         }
         return counts;
       }},
      {"add_weight_str_first",
       [] { return of_shape(layer()->add_variable("extra", {2}).shape()); },
       {},
       kTf14},
      {"dtype_attr", [] { return std::string(name_of(layer()->dtype())); }},
  };
}

std::vector<Call> nodes_and_names() {
  const Shape kImage{kNone, 5, 5, 3};
  return {
      {"input_unused", [] { return of_shape(layer()->input()); }, {"never been called", "input"}},
      {"output_unused", [] { return of_shape(layer()->output()); }, {"never been called", "output"}},
      {"input_at_0_unused",
       [] { return of_shape(layer()->get_input_at(0)); },
       {"never been called", "input"},
       kTf14},
      {"input_at_1",
       [=] { return of_shape(called_on({kImage})->get_input_at(1)); },
       {"input at node 1", "only 1 inbound nodes"},
       kTf14},
      // The code of every version returns the first; the page promises the error, and so does E26.
      {"input_two",
       [=] {
         return of_shape(called_on({kImage, kImage})->input());
       },
       {"multiple inbound nodes", "get_input_at"},
       kRow,
       raises("AttributeError")},
      {"input_shape_two_equal",
       [=] {
         return shape_to_json(called_on({kImage, kImage})->input_shape());
       },
       {},
       kTf14},
      {"input_shape_two_different",
       [=] {
         return shape_to_json(called_on({kImage, {kNone, 6, 5, 3}})->input_shape());
       },
       {"multiple inbound nodes", "different input shapes", "get_input_shape_at"},
       kTf14},
      {"output_eager_only",
       [] {
         const SeparableConv2D made = layer();
         (void)made(x({1, 5, 5, 3}));
         return of_shape(made->output());
       },
       {"never been called", "output"}},
      {"name_auto",
       [] {
         return Json::array({layer()->name(), layer()->name()});
       }},
      {"alias_name", [] { return layers::SeparableConvolution2D({.filters = 2, .kernel_size = 3})->name(); }},
      {"mask_none",
       [] {
         return layer()->compute_mask(x({1, 5, 5, 3})).defined() ? Json(true) : Json();
       }},
      {"mask_given",
       [] {
         return of_shape(layer()->compute_mask(x({1, 5, 5, 3}), x({1, 5, 5})));
       },
       {"separable_conv2d does not support masking", "input_mask"},
       kTf14},
      {"model_dup_names",
       [=] {
         const KerasTensor i = s(kImage);
         const SeparableConv2D first({.filters = 2, .kernel_size = 3, .name = "a"});
         const SeparableConv2D second({.filters = 2, .kernel_size = 3, .name = "a"});
         return printed(Model(i, second(first(i))));
       },
       {"\"a\" is used 2 times", "unique"}},
      {"model_disconnected",
       [=] {
         const KerasTensor i = s(kImage);
         const KerasTensor j = s(kImage);
         return printed(Model(i, layer()(j)));
       },
       {"`inputs` not connected to `outputs`"}},
      {"input_empty", [] { return of_shape(Input({})); }, {"`shape`"}},
      {"input_both",
       [] {
         return of_shape(Input({.shape = {4}, .batch_shape = {2, 4}}));
       },
       {"`shape`", "`batch_shape`"}},
      {"input_scalar", [] { return of_shape(Input({.shape = {}})); }},
      {"seq_pop_empty",
       [] {
         Sequential()->pop();
         return Json();
       },
       {"no layers in the model"},
       kTf14},
      {"seq_predict_unbuilt",
       [] { return Sequential({layer()})->get_weights().empty() ? Json::array() : Json(); }},
      // Keras 3 prints a table of question marks.
      {"seq_summary_unbuilt",
       [] { return Json(Sequential({layer()})->summary()); },
       {"not yet been built"},
       kTf14},
  };
}

std::vector<Call> configs() {
  return {
      {"config_round_trip",
       [] {
         const SeparableConv2D made(
             {.filters = 2, .kernel_size = 3, .dilation_rate = 3, .depth_multiplier = 2});
         const SeparableConv2D again = SeparableConv2D::from_config(made->get_config());
         return Json::array({again->options().depth_multiplier, again->options().dilation_rate.values(),
                             again->get_config() == made->get_config()});
       }},
      {"config_extra_key",
       [] {
         Json config = layer()->get_config();
         config["foo"] = 1;
         return printed(SeparableConv2D::from_config(config));
       },
       {"layer 'separable_conv2d'", "'foo'"}},
      {"config_missing_filters",
       [] {
         Json config = layer()->get_config();
         config.erase("filters");
         return printed(SeparableConv2D::from_config(config));
       },
       {"layer 'separable_conv2d'", "missing", "'filters'"}},
      {"config_keys",
       [] {
         std::vector<std::string> keys;
         const Json config = layer()->get_config();
         for (const auto& [key, value] : config.items()) keys.push_back(key);
         std::sort(keys.begin(), keys.end());
         return Json(keys);
       }},
      {"config_l2",
       [] {
         return SeparableConv2D({.filters = 2, .kernel_size = 3, .depthwise_regularizer = "l2"})
             ->get_config()["depthwise_regularizer"];
       }},
      {"config_l1",
       [] {
         return SeparableConv2D({.filters = 2, .kernel_size = 3, .depthwise_regularizer = "l1"})
             ->get_config()["depthwise_regularizer"];
       }},
      {"config_glorot", [] { return layer()->get_config()["depthwise_initializer"]; }},
      {"config_max_norm",
       [] {
         return SeparableConv2D({.filters = 2, .kernel_size = 3, .depthwise_constraint = "max_norm"})
             ->get_config()["depthwise_constraint"];
       }},
      {"reg_negative",
       [] { return Json(Regularizer(regularizers::L1({.l1 = -0.1})).name()); },
       {"l1", "non-negative", "-0.1"}},
      {"vs_scale_0",
       [] { return Json(Initializer(initializers::VarianceScaling({.scale = 0})).name()); },
       {"`scale`", "positive", "0"}},
      {"vs_mode",
       [] { return Json(Initializer(initializers::VarianceScaling({.mode = "x"})).name()); },
       {"`mode`", "x", "fan_avg"}},
      {"vs_distribution",
       [] { return Json(Initializer(initializers::VarianceScaling({.distribution = "x"})).name()); },
       {"`distribution`", "x", "uniform"}},
      {"set_df_case",
       [] {
         set_image_data_format("Channels_First");
         set_image_data_format("channels_last");
         return Json();
       }},
      {"set_floatx_bad",
       [] {
         set_floatx("float8");
         return Json();
       },
       {"`floatx`", "float8", "float32"}},
  };
}

// A model of one SeparableConv2D called "a", and perhaps a Conv2D "z" behind it.
Model small_model(std::int64_t filters = 2, bool with_conv = false) {
  const KerasTensor i = s({kNone, 5, 5, 3});
  KerasTensor y = SeparableConv2D({.filters = filters, .kernel_size = 3, .name = "a"})(i);
  if (with_conv) y = layers::Conv2D({.filters = 2, .kernel_size = 1, .name = "z"})(y);
  return Model(i, y);
}

Json saved_and_loaded(const char* name, const Model& from, const Model& into) {
  const TemporaryFolder folder;
  const std::string path = folder / name;
  if (path.ends_with(".weights.h5")) {
    from->save_weights(path);
  } else {
    from->save(path);
  }
  into->load_weights(path);
  return Json();
}

std::vector<Call> files() {
  return {
      {"load_missing_file",
       [] {
         const TemporaryFolder folder;
         return printed(load_model(folder / "none.h5"));
       },
       {"none.h5"},
       kTf14},
      // Row A2 of what bad files must get: the environment is sound and the bytes are not.
      {"load_garbage",
       [] {
         const TemporaryFolder folder;
         std::ofstream(folder / "x.h5") << "abc";
         return printed(load_model(folder / "x.h5"));
       },
       {"x.h5"},
       kRow,
       raises("ValueError")},
      {"load_weights_missing_layer",
       [] { return saved_and_loaded("m.weights.h5", small_model(), small_model(2, true)); },
       {"m.weights.h5", "'z'"}},
      {"load_weights_shape",
       [] { return saved_and_loaded("m.weights.h5", small_model(), small_model(4)); },
       {"m.weights.h5", "a", "(1, 1, 3, 4)", "(1, 1, 3, 2)"}},
      // Keras 3 leaves the rest of the file aside in silence.
      {"load_weights_fewer",
       [] { return saved_and_loaded("m.weights.h5", small_model(2, true), small_model()); },
       {"m.weights.h5", "conv2d"},
       kTf14},
      {"load_legacy_weights_shape",
       [] { return saved_and_loaded("m.h5", small_model(), small_model(4)); },
       {"m.h5", "a", "(1, 1, 3, 4)", "(1, 1, 3, 2)"}},
      {"load_legacy_weights_count",
       [] { return saved_and_loaded("m.h5", small_model(), small_model(2, true)); },
       {"m.h5", "2", "1"}},
      {"save_unknown_extension",
       [] {
         const TemporaryFolder folder;
         small_model()->save(folder / "m.txt");
         return Json();
       },
       {"extension", ".keras", "m.txt"}},
  };
}

std::vector<Call> other_layers() {
  using namespace layers;
  return {
      {"conv_groups_indivisible",
       [] {
         return of_shape(Conv2D({.filters = 4, .kernel_size = 3, .groups = 2})(s({kNone, 5, 5, 3})));
       },
       {"groups", "channels", "2", "3"}},
      {"conv_filters_groups",
       [] { return printed(Conv2D({.filters = 3, .kernel_size = 3, .groups = 2})); },
       {"groups", "filters", "groups=2", "filters=3"}},
      {"conv_stride_dilation",
       [] { return printed(Conv2D({.filters = 3, .kernel_size = 3, .strides = 2, .dilation_rate = 2})); },
       {"strides", "dilation_rate", "(2, 2)"}},
      // As SeparableConv2D: the rule of the founding page.
      {"dw_stride_dilation",
       [] { return printed(DepthwiseConv2D({.kernel_size = 3, .strides = 2, .dilation_rate = 2})); },
       {"strides", "dilation_rate", "(2, 2)"},
       "k215"},
      {"dense_units_0", [] { return printed(Dense({.units = 0})); }, {"`units`", "positive", "units=0"}},
      {"dense_units_float",
       [] { return from<DenseLayer>(Json::object(), "units", 2.5); },
       {"units", "integer", "2.5"}},
      {"dense_other_dim",
       [] {
         const Dense made({.units = 2});
         (void)made(x({1, 3}));
         return of_shape(made(x({1, 4})));
       },
       {"axis -1", "value 3", "(1, 4)"}},
      {"add_one",
       [] {
         return of_shape(Add()(Tensors{x({1, 3})}));
       }},
      {"add_shapes",
       [] {
         return of_shape(Add()({x({1, 3}), x({1, 4})}));
       },
       {"incompatible shapes", "3)", "4)"}},
      {"concat_shapes",
       [] {
         return of_shape(Concatenate()({x({1, 3, 2}), x({1, 4, 2})}));
       },
       {"matching shapes except for the concatenation axis", "(1, 3, 2)", "(1, 4, 2)"}},
      {"reshape_bad",
       [] {
         return of_shape(Reshape({.target_shape = {5}})(x({1, 3})));
       },
       {"(3,)", "(5,)"}},
      {"permute_bad",
       [] {
         return printed(Permute({.dims = {0, 1}}));
       },
       {"`dims`", "(0, 1)"}},
      {"pool_size_0",
       [] { return printed(MaxPooling2D({.pool_size = 0})); },
       {"`pool_size`", "tuple of 2 integers", "0"}},
      {"pool_too_small",
       [] {
         return of_shape(MaxPooling2D({.pool_size = 3})(x({1, 2, 2, 1})));
       },
       {"(1, 2, 2, 1)"},
       kTf14},
      {"crop_all",
       [] {
         return of_shape(Cropping2D({.cropping = 2})(x({1, 4, 4, 1})));
       },
       {"`cropping`", "(1, 4, 4, 1)"}},
      {"bn_axis",
       [] {
         return of_shape(BatchNormalization({.axis = 5})(x({2, 3})));
       },
       {"5", "2"},
       kTf14},
      {"dropout_rate", [] { return printed(Dropout({.rate = 1.5})); }, {"`rate`", "between 0 and 1", "1.5"}},
      {"relu_neg_max", [] { return printed(ReLU({.max_value = -1})); }, {"max_value", "negative", "-1"}},
      {"leaky_none",
       [] { return from<LeakyReLULayer>(Json::object(), "negative_slope", nullptr); },
       {"negative_slope", "number", "null"}},
      {"softmax_1d", [] { return of_shape(ops::softmax(x({3}))); }},
      {"upsampling_bad", [] { return printed(UpSampling2D({.size = 2, .interpolation = "foo"})); }},
  };
}

Model dense_model() {
  const KerasTensor i = s({kNone, 3});
  return Model(i, layers::Dense({.units = 2})(i));
}

std::vector<Call> training() {
  return {
      {"compile_none_loss",
       [] {
         const Model model = dense_model();
         model->compile({.optimizer = "sgd"});
         (void)model->train_on_batch(x({2, 3}), x({2, 2}));
         return Json();
       },
       {"No loss to compute", "`loss`"}},
      {"compile_bad_optimizer",
       [] {
         dense_model()->compile({.optimizer = "foo", .loss = "mse"});
         return Json();
       },
       {"optimizer", "foo"}},
      {"compile_bad_loss",
       [] {
         const Model model = dense_model();
         model->compile({.optimizer = "sgd", .loss = "foo"});
         (void)model->train_on_batch(x({2, 3}), x({2, 2}));
         return Json();
       },
       {"loss", "foo"}},
      {"fit_uncompiled",
       [] {
         (void)dense_model()->fit(x({2, 3}), x({2, 2}), {.verbose = 0});
         return Json();
       },
       {"compile()"}},
      {"fit_sizes_differ",
       [] {
         const Model model = dense_model();
         model->compile({.optimizer = "sgd", .loss = "mse"});
         (void)model->fit(x({2, 3}), x({3, 2}), {.verbose = 0});
         return Json();
       },
       {"2", "3"}},
      {"predict_rank",
       [] {
         return of_shape(small_model()->predict(x({5, 5, 3})));
       },
       {"expected shape=(None, 5, 5, 3)", "found shape=(5, 5, 3)"}},
      {"predict_channels",
       [] {
         return of_shape(small_model()->predict(x({1, 5, 5, 4})));
       },
       {"expected shape=(None, 5, 5, 3)", "found shape=(1, 5, 5, 4)"}},
      {"predict_size",
       [] {
         return of_shape(small_model()->predict(x({1, 6, 5, 3})));
       },
       {"expected shape=(None, 5, 5, 3)", "found shape=(1, 6, 5, 3)"}},
      {"predict_input_count",
       [] {
         const KerasTensor i = s({kNone, 3});
         const KerasTensor j = s({kNone, 3});
         return of_shape(Model(KerasTensors{i, j}, layers::Add()({i, j}))->predict(x({2, 3})));
       },
       {"expects 2", "1 input tensors"}},
  };
}

}  // namespace

std::vector<Call> calls() {
  std::vector<Call> all;
  for (const auto& group : {constructions(), builds_and_calls(), weights_and_losses(), nodes_and_names(),
                            configs(), files(), other_layers(), training()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

std::vector<const char*> calls_without_a_form_in_cpp() {
  return {"ctor_positional_6th",  // arguments have names
          "add_tensor",           // a tensor is a list of one
          "build_none",           "call_no_args", "call_string",      "call_kw_unknown",
          "set_weights_nonarray", "input_kw",     "seq_add_non_layer"};
}

}  // namespace sepal::testing
