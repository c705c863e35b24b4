#include "examples/fashion_mnist/train.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>

#include "examples/fashion_mnist/confusion_matrix.h"
#include "examples/fashion_mnist/curves.h"
#include "examples/fashion_mnist/predictions_sheet.h"
#include "examples/fashion_mnist/small_xception.h"
#include "sepal/data/fashion_mnist.h"
#include "sepal/data/npy.h"
#include "sepal/sepal.h"

namespace fashion_mnist {
namespace {

using namespace sepal;

// The model that Ctrl-C stops. A lock-free pointer is all that a signal handler may read.
std::atomic<ModelBase*> interruptible{nullptr};

void on_interrupt(int) {
  ModelBase* model = interruptible;
  // A second Ctrl-C, or one outside of training, ends the program at once.
  if (model == nullptr || model->interrupted()) std::_Exit(130);
  model->interrupt();
}

class InterruptsTraining {
 public:
  explicit InterruptsTraining(ModelBase& model) {
    interruptible = &model;
    std::signal(SIGINT, on_interrupt);
    std::signal(SIGTERM, on_interrupt);
  }
  ~InterruptsTraining() {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    interruptible = nullptr;
  }
  InterruptsTraining(const InterruptsTraining&) = delete;
  InterruptsTraining& operator=(const InterruptsTraining&) = delete;
};

std::string make_folder(const std::string& out) {
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error || !std::filesystem::is_directory(out)) {
    throw OSError(fmt::format("{}: cannot make the output folder: {}. Choose another one with --out.", out,
                              error ? error.message() : "something else has this name"));
  }
  return out;
}

std::vector<double> column(const History& history, const char* name) {
  const auto found = history.history.find(name);
  return found == history.history.end() ? std::vector<double>{} : found->second;
}

// What the model says of the test pictures.
struct TestResult {
  std::vector<Prediction> predictions;
  ConfusionCounts counts = ConfusionCounts(10, std::vector<std::int64_t>(10, 0));
  double accuracy = 0.0;
};

TestResult judge(const Tensor& logits, const ImageDataset& data) {
  const Tensor probabilities = ops::softmax(logits);
  const Tensor predicted = ops::argmax(logits);
  const Tensor labels = data.test_y;
  const std::int64_t pixels = 28 * 28;
  TestResult result;
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < logits.shape()[0]; ++i) {
    const auto truth = static_cast<std::size_t>(labels.at(i));
    const auto guess = static_cast<std::size_t>(predicted.at(i));
    ++result.counts[truth][guess];
    if (truth == guess) ++right;
    result.predictions.push_back(
        {data.test_x.values<std::uint8_t>().subspan(static_cast<std::size_t>(i * pixels), pixels), truth,
         guess, probabilities.at(i * 10 + static_cast<std::int64_t>(guess))});
  }
  result.accuracy = static_cast<double>(right) / static_cast<double>(logits.shape()[0]);
  return result;
}

void say(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

void draw_pictures(const std::string& out, const History& history, const TestResult& result,
                   const ImageDataset& data) {
  draw_curves(out + "/curves.png", {column(history, "loss"), column(history, "accuracy"),
                                    column(history, "val_loss"), column(history, "val_accuracy")});
  draw_confusion_matrix(out + "/confusion_matrix.png", result.counts, data.class_names);
  // As many as a person looks at.
  constexpr std::size_t kShown = 40;
  const std::span<const Prediction> all(result.predictions);
  draw_predictions_sheet(out + "/predictions.png", all.first(std::min(kShown, all.size())), data.class_names,
                         result.accuracy);
}

}  // namespace

int train(const TrainArguments& arguments) {
  if (arguments.threads > 0) set_num_threads(arguments.threads);
  const ImageDataset data = load_fashion_mnist();
  const std::string out = make_folder(arguments.out);
  const std::string model_path = out + "/model.keras";
  set_random_seed(arguments.seed);

  const Model model = small_xception();
  say(model->summary() + "\n");
  model->compile({.optimizer = optimizers::Adam(),
                  .loss = losses::SparseCategoricalCrossentropy({.from_logits = true}),
                  .metrics = {"accuracy"}});
  History history;
  {
    const InterruptsTraining interrupts(*model);
    history = model->fit(data.train_x, data.train_y,
                         {.batch_size = arguments.batch_size,
                          .epochs = arguments.epochs,
                          .callbacks = {callbacks::ModelCheckpoint({.filepath = model_path}),
                                        callbacks::CSVLogger({.filename = out + "/history.csv"})},
                          .validation_data = {.x = data.test_x, .y = data.test_y}});
  }
  if (model->interrupted()) {
    const std::size_t finished = history.epoch.size();
    say(finished == 0 ? std::string("\nInterrupted in the first epoch: nothing was saved.\n")
                      : fmt::format("\nInterrupted in epoch {}. {} holds the model after epoch {}.\n",
                                    finished + 1, model_path, finished));
    return 130;
  }

  const Tensor logits = model->predict(data.test_x, {.batch_size = 256});
  write_npy(out + "/test_predictions.npy", logits);
  const TestResult result = judge(logits, data);
  draw_pictures(out, history, result, data);
  say(fmt::format(
      "\nTest accuracy: {:.4f} ({} of {} pictures)\n\n", result.accuracy,
      static_cast<std::int64_t>(std::llround(result.accuracy * static_cast<double>(logits.shape()[0]))),
      logits.shape()[0]));
  say(
      fmt::format("{0}/model.keras           the model, for Sepal and for Keras 3\n"
                  "{0}/curves.png            loss and accuracy by epoch\n"
                  "{0}/confusion_matrix.png  which class is taken for which\n"
                  "{0}/predictions.png       test pictures with predicted and true class\n"
                  "{0}/history.csv           the numbers behind the curves\n",
                  out));
  return 0;
}

int check(const std::string& out, int threads) {
  if (threads > 0) set_num_threads(threads);
  const ImageDataset data = load_fashion_mnist();
  const std::string model_path = out + "/model.keras";
  const Model model = load_model(model_path);
  const Tensor before = read_npy(out + "/test_predictions.npy");
  const Tensor after = model->predict(data.test_x, {.batch_size = 256});
  const bool same = before.shape() == after.shape() && before.dtype() == after.dtype() &&
                    std::memcmp(before.raw(), after.raw(), after.nbytes()) == 0;
  const TestResult result = judge(after, data);
  say(fmt::format(
      "Loaded {} in a new process: {:.4f} test accuracy, {} predictions {} the ones made before saving.\n",
      model_path, result.accuracy, after.shape()[0], same ? "with the same bits as" : "DIFFERENT from"));
  return same ? 0 : 1;
}

}  // namespace fashion_mnist
