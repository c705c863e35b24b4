// Calls that read nodes, names and configs, and change what all layers share.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/contract/call_words.h"

namespace sepal::testing {

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

}  // namespace sepal::testing
