// Calls of models: their files, training and predictions.
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/contract/call_words.h"
#include "tests/support/temporary_folder.h"

namespace sepal::testing {
namespace {

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

Model dense_model() {
  const KerasTensor i = s({kNone, 3});
  return Model(i, layers::Dense({.units = 2})(i));
}

}  // namespace

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

}  // namespace sepal::testing
