// Calls that build a SeparableConv2D, call it, and read its weights and losses.
#include <nlohmann/json.hpp>

#include "tests/contract/call_words.h"

namespace sepal::testing {

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

}  // namespace sepal::testing
