//! Any number of sessions behind one stream of messages: the page's side of the engine without the page,
//! so that it is tested natively. Requests and replies are those of the worker's protocol; the arrays
//! of a reply travel beside its JSON, which refers to them by number.

use super::waiting::Waiting;
use super::{Device, Session, State};
use crate::data::files;
use crate::graph::{Error, Result};
use crate::json::json;
use crate::labs::{self, Lab, Part, Payload, Settings};
use crate::rng::fresh_seed;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// Milliseconds that a run with a pace makes up for when it was not looked after: timers of a hidden page are slow.
const MOST_CATCHING_UP: f64 = 1000.0;
/// Further seeds that one request can ask for.
const MOST_SEEDS: u64 = 100;

/// What the page asks for: its fields as they came, looked at when they are needed. A field that is missing or of another
/// kind is told with the kind of the message.
#[derive(Clone)]
pub(super) struct Request(Value);

impl Request {
    pub(super) fn kind(&self) -> &str {
        self.0["type"].as_str().unwrap_or_default()
    }

    fn need<T>(&self, name: &str, field: Option<T>) -> Result<T> {
        let wrong = || Error::new(format!("message {}", self.kind()), format!("has no {name}"), "reload the page");
        field.ok_or_else(wrong)
    }

    fn text(&self, name: &str) -> Result<&str> {
        self.need(name, self.0[name].as_str())
    }

    fn number(&self, name: &str) -> Result<f64> {
        self.need(name, self.0[name].as_f64())
    }

    fn count(&self, name: &str) -> Result<u64> {
        self.need(name, self.0[name].as_u64())
    }

    /// Absent means no.
    fn flag(&self, name: &str) -> bool {
        self.0[name].as_bool().unwrap_or(false)
    }

    /// A seed, if one is given that is in range.
    fn seed(&self) -> Option<u32> {
        self.0["seed"].as_u64().and_then(|seed| u32::try_from(seed).ok())
    }

    pub(super) fn dish(&self) -> &str {
        self.0["dish"].as_str().unwrap_or_default()
    }
}

/// What the page is told.
#[derive(Debug)]
pub struct Message {
    /// The message.
    pub json: Value,
    /// Arrays that the message refers to as `{"$": number}`.
    pub arrays: Vec<Vec<f32>>,
    /// Bytes of a snapshot or export.
    pub bytes: Option<Vec<u8>>,
}

/// One session with what the page wants to see of it.
struct Dish {
    session: Session,
    panels: Vec<String>,
    hz: f64,
    /// When the last frame was made, how long that took, and what had changed and been worked until then.
    frame_time: f64,
    frame_cost: f64,
    frame_changes: u64,
    frame_worked: u64,
    speed: f64,
    /// Where the last frame's steps were computed.
    frame_device: &'static str,
    failure_told: bool,
    /// Whether tensors for the next frame have been asked for.
    asked: bool,
    /// The file that the page was last asked for.
    fetching: Option<String>,
    /// Whether the page wants to know where the time goes.
    profiled: bool,
    /// Where the page wants it to run: `cpu`, `gpu`, or `auto`.
    wanted: String,
    /// When its pace was last looked at, and the part of a step that was left over.
    paced: (f64, f64),
}

/// What is left after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Nothing, until the next message.
    Idle,
    /// More work, at once.
    Busy,
    /// A GPU works; there will be something to do in a moment.
    Waiting,
}

/// The graphics processor, as far as it is known.
#[derive(Clone, Default)]
pub enum Gpu {
    /// It is being looked for.
    #[default]
    Starting,
    /// It computes rightly and can be chosen.
    #[cfg(feature = "gpu")]
    Ready(crate::gpu::Context),
    /// There is none that can be used, with the reason.
    Refused(String),
    /// It was there and is gone, with the reason.
    Lost(String),
}

/// See the module's description.
#[derive(Default)]
pub struct Hub {
    dishes: BTreeMap<String, Dish>,
    waiting: Waiting,
    replies: VecDeque<Message>,
    gpu: Gpu,
}

impl Hub {
    /// No sessions yet.
    pub fn new() -> Hub {
        Hub::default()
    }

    /// What the page must know before it opens anything: all labs, and the playground.
    pub fn catalogue(&self) -> Value {
        json!({
            "type": "catalogue",
            "version": env!("CARGO_PKG_VERSION"),
            "labs": labs::ALL,
            "playground": &crate::playground::PLAYGROUND,
            "gpu": self.gpu.json(),
        })
    }

    /// Says what has become of the graphics processor; sessions that want it move there.
    pub fn set_gpu(&mut self, gpu: Gpu) {
        self.gpu = gpu;
        let mut json = self.gpu.json();
        json["type"] = json!("gpu");
        self.reply(json);
        let names: Vec<String> = self.dishes.keys().cloned().collect();
        for name in names {
            self.settle(&name);
        }
    }

    /// Moves a session to where the page wants it, as far as that is possible now.
    fn settle(&mut self, name: &str) {
        let Some(dish) = self.dishes.get_mut(name) else { return };
        let device = match (dish.wanted.as_str(), &self.gpu) {
            #[cfg(feature = "gpu")]
            ("gpu", Gpu::Ready(context)) => Device::Gpu(context.clone()),
            _ => Device::Cpu,
        };
        if device.name() == dish.session.destination().name() {
            return;
        }
        let arrived = dish.session.preparing().is_none();
        dish.session.set_device(device);
        dish.frame_changes = u64::MAX;
        // A session that has arrived notices by itself.
        if let (false, Gpu::Lost(reason)) = (arrived, &self.gpu) {
            let text = format!("The GPU stopped ({reason}) before training moved there. It goes on on the CPU.");
            self.reply(json!({ "type": "notice", "dish": name, "message": text }));
        }
    }

    /// Takes in a message of the page; `bytes` is a saved session that an `open` continues.
    pub fn handle(&mut self, json: &str, bytes: Option<&[u8]>, now: f64) {
        match serde_json::from_str(json) {
            Ok(request) => self.answer(&Request(request), bytes, now),
            Err(error) => self.refuse(None, "engine", &Error::new("message", error.to_string(), "reload the page")),
        }
    }

    /// The next message for the page.
    pub fn take(&mut self) -> Option<Message> {
        self.replies.pop_front()
    }

    /// Works on all sessions for about `milliseconds`.
    pub fn turn(&mut self, now: &dyn Fn() -> f64, milliseconds: f64) -> Activity {
        #[cfg(feature = "gpu")]
        if let Gpu::Ready(context) = &self.gpu
            && let Some(reason) = context.lost()
        {
            self.set_gpu(Gpu::Lost(reason));
        }
        let busy = self.dishes.values().filter(|dish| dish.session.is_busy()).count();
        let share = milliseconds / busy.max(1) as f64;
        for (name, dish) in &mut self.dishes {
            if dish.session.is_busy() || dish.session.awaits() {
                dish.keep_pace(now());
                dish.session.turn(now, now() + share);
            }
            while let Some(text) = dish.session.take_notice() {
                let json = json!({ "type": "notice", "dish": name, "message": text });
                self.replies.push_back(Message { json, arrays: Vec::new(), bytes: None });
            }
            if let Some(error) = dish.session.take_refusal() {
                // What was refused is not asked for again by itself.
                if dish.session.device().name() == "cpu" {
                    dish.wanted = "cpu".into();
                }
                self.replies.push_back(error_message(Some(name), "device", &error, None));
            }
            if std::mem::take(&mut dish.profiled) {
                let mut json = dish.session.profile(now).json();
                json["type"] = json!("profile");
                json["dish"] = json!(name);
                self.replies.push_back(Message { json, arrays: Vec::new(), bytes: None });
            }
            if let Some(file) = dish.session.wants()
                && dish.fetching.as_ref() != Some(&file)
            {
                let json = json!({ "type": "fetch", "dish": name, "file": &file });
                self.replies.push_back(Message { json, arrays: Vec::new(), bytes: None });
                dish.fetching = Some(file);
            }
            let time = now();
            if !dish.asked && dish.frame_is_due(time) {
                dish.session.ask_pictures();
                dish.asked = true;
            }
            if dish.asked && dish.session.pictures_arrived() {
                dish.asked = false;
                self.replies.push_back(dish.frame(name, time));
                dish.frame_cost = now() - time;
                self.replies.extend(dish.failure(name));
            }
        }
        let sessions = || self.dishes.values().map(|dish| &dish.session);
        if sessions().any(Session::works_at_once) {
            Activity::Busy
        } else if sessions().any(|session| session.is_busy() || session.awaits()) {
            Activity::Waiting
        } else {
            Activity::Idle
        }
    }

    fn refuse(&mut self, dish: Option<&str>, kind: &str, error: &Error) {
        self.replies.push_back(error_message(dish, kind, error, None));
    }

    fn reply(&mut self, json: Value) {
        self.replies.push_back(Message { json, arrays: Vec::new(), bytes: None });
    }

    fn answer(&mut self, request: &Request, bytes: Option<&[u8]>, now: f64) {
        if let Err(error) = self.obey(request, bytes, now) {
            self.refuse(Some(request.dish()).filter(|dish| !dish.is_empty()), "control", &error);
        }
    }

    fn obey(&mut self, request: &Request, bytes: Option<&[u8]>, now: f64) -> Result<()> {
        let dish = request.dish();
        if self.waiting.keeps(request, bytes) {
            return Ok(());
        }
        match request.kind() {
            "open" => self.open(request, bytes, now),
            "close" => {
                self.dishes.remove(dish);
                Ok(())
            }
            "set" => {
                let (name, value) = (request.text("name")?, request.text("value")?);
                self.change(dish, |session| session.set(name, value))
            }
            "reset" => self.change(dish, |session| {
                let kept = request.seed().unwrap_or(session.settings().seed);
                session.reset(if request.flag("fresh") { fresh_seed() } else { kept }).map(|()| true)
            }),
            "edit" => {
                let (leaf, index) = (request.text("leaf")?, request.count("index")? as usize);
                let value = request.number("value")? as f32;
                let run = request.count("run").unwrap_or(0) as usize;
                self.change(dish, |session| session.edit_leaf(run, leaf, index, value).map(|()| false))
            }
            "play" => self.with(dish, |dish| {
                dish.session.play();
                // A pause is not made up for.
                dish.paced.0 = now;
            }),
            "pause" => self.with(dish, |dish| dish.session.pause()),
            "step" => {
                let count = request.count("count")?;
                self.with(dish, |dish| dish.session.step(count))
            }
            "seek" => {
                let step = request.count("step")?;
                self.with(dish, |dish| {
                    dish.failure_told = false;
                    dish.session.seek(step);
                })
            }
            "want" => {
                let hz = request.number("hz")?;
                let panels = request.need("panels", request.0["panels"].as_array())?;
                self.with(dish, |dish| {
                    dish.hz = hz.clamp(0.0, 60.0);
                    dish.panels = panels.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                })
            }
            "seeds" => {
                let count = request.count("count")?.min(MOST_SEEDS) as usize;
                self.with(dish, |dish| dish.session.run_more_seeds(count))
            }
            "device" => {
                let wanted = request.text("device")?;
                if !["cpu", "gpu"].contains(&wanted) {
                    return Err(Error::new("device", format!("'{wanted}' is unknown"), "choose cpu or gpu"));
                }
                if let (true, Some(reason)) = (wanted == "gpu", self.gpu.absence()) {
                    return Err(Error::new("GPU", reason, "the CPU is a full substitute"));
                }
                self.with(dish, |dish| dish.wanted = wanted.to_owned())?;
                self.settle(dish);
                Ok(())
            }
            "attach" => {
                let file = request.text("file")?;
                let contents = bytes.ok_or_else(|| request.0["message"].as_str().unwrap_or("it is empty"));
                if self.waiting.is_for(file) {
                    self.arrived(file, contents, now);
                    return Ok(());
                }
                match self.dishes.get_mut(dish) {
                    Some(dish) => {
                        dish.frame_changes = u64::MAX;
                        dish.session.attach(file, contents)
                    }
                    None => Ok(()),
                }
            }
            "snapshot" => self.save(dish),
            "export" => self.export(dish, request.text("format")?),
            "profile" => self.with(dish, |dish| dish.profiled = true),
            "plan" => {
                if let Some(text) = self.dishes.get(dish).map(|dish| dish.session.plan_text()) {
                    self.reply(json!({ "type": "plan", "dish": dish, "text": text }));
                }
                Ok(())
            }
            kind => Err(Error::new("message", format!("'{kind}' is unknown"), "reload the page")),
        }
    }

    /// Does something with a dish; one that is not there was closed meanwhile, which is no error.
    fn with(&mut self, name: &str, action: impl FnOnce(&mut Dish)) -> Result<()> {
        if let Some(dish) = self.dishes.get_mut(name) {
            action(dish);
            // Something else may have to be drawn at once.
            dish.frame_changes = u64::MAX;
        }
        Ok(())
    }

    /// Changes a session; tells the page anew what it is if it was rebuilt.
    fn change(&mut self, name: &str, action: impl FnOnce(&mut Session) -> Result<bool>) -> Result<()> {
        let Some(dish) = self.dishes.get_mut(name) else { return Ok(()) };
        let rebuilt = action(&mut dish.session)?;
        dish.failure_told = false;
        dish.frame_changes = u64::MAX;
        if rebuilt {
            dish.frame_worked = 0;
            dish.fetching = None;
            let ready = dish.ready(name);
            self.reply(ready);
        }
        Ok(())
    }

    fn open(&mut self, request: &Request, bytes: Option<&[u8]>, now: f64) -> Result<()> {
        let name = request.need("dish", Some(request.dish()).filter(|name| !name.is_empty()))?;
        let lab = labs::find(request.text("lab")?)?;
        if let Some(file) = self.waiting.missing(lab) {
            self.waiting.begin(file, request, bytes);
            self.reply(json!({ "type": "fetch", "dish": name, "file": file }));
            return Ok(());
        }
        let settings = self.settings(name, lab, &request.0["controls"], request.seed().unwrap_or(0));
        let claims = request.flag("claims");
        let restored = bytes.and_then(|bytes| match Session::restore(bytes, claims) {
            // The link wins over what was kept: a changed link is a new run.
            Ok(mut session) => {
                let same = session.lab().slug == lab.slug && session.settings().same_run(&settings, lab.controls);
                same.then(|| {
                    session.show(&settings);
                    session
                })
            }
            Err(error) => {
                self.refuse(Some(name), "storage", &error);
                None
            }
        });
        let session = match restored {
            Some(session) => Ok(session),
            None => Session::open(lab, settings.clone(), claims).or_else(|error| {
                self.refuse(Some(name), "control", &error);
                Session::open(lab, Settings::defaults(lab.controls, settings.seed), claims)
            }),
        };
        let mut session = match session {
            Ok(session) => session,
            Err(error) => {
                self.refuse(Some(name), "memory", &error);
                return Ok(());
            }
        };
        if request.flag("play") {
            session.play();
        }
        let dish = Dish {
            session,
            panels: Vec::new(),
            hz: 0.0,
            frame_time: now,
            frame_cost: 0.0,
            frame_changes: u64::MAX,
            frame_worked: 0,
            speed: 0.0,
            frame_device: "cpu",
            failure_told: false,
            asked: false,
            fetching: None,
            profiled: false,
            wanted: request.text("device").unwrap_or("cpu").to_owned(),
            paced: (now, 1.0),
        };
        self.dishes.insert(name.to_owned(), dish);
        self.settle(name);
        if let Some(dish) = self.dishes.get(name) {
            let ready = dish.ready(name);
            self.reply(ready);
        }
        Ok(())
    }

    /// Takes in a file that labs share; whoever waits for it is opened, or told why not.
    fn arrived(&mut self, file: &str, contents: Result<&[u8], &str>, now: f64) {
        let unknown = || Error::new(file, "no lab knows what to do with it", "reload the page");
        let fetched = contents.map_err(|reason| Error::new(file, reason, "reload the page"));
        let taken = fetched.and_then(|bytes| files::take(file, bytes).unwrap_or_else(|| Err(unknown())));
        for (request, bytes) in self.waiting.end(file, taken.is_ok()) {
            match &taken {
                Ok(()) => self.answer(&request, bytes.as_deref(), now),
                Err(error) if request.kind() == "open" => self.refuse(Some(request.dish()), "file", error),
                Err(_) => {}
            }
        }
    }

    /// The settings of a link; what is wrong in it is said, and the rest is used.
    fn settings(&mut self, name: &str, lab: &'static Lab, controls: &Value, seed: u32) -> Settings {
        let mut settings = Settings::defaults(lab.controls, seed);
        for (control, value) in controls.as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            if let Err(error) = settings.set(lab.controls, control, value) {
                self.refuse(Some(name), "control", &error);
            }
        }
        settings
    }

    fn save(&mut self, name: &str) -> Result<()> {
        if let Some(bytes) = self.dishes.get(name).and_then(|dish| dish.session.save()) {
            let json = json!({ "type": "snapshot", "dish": name });
            self.replies.push_back(Message { json, arrays: Vec::new(), bytes: Some(bytes) });
        }
        Ok(())
    }

    fn export(&mut self, name: &str, format: &str) -> Result<()> {
        let Some(dish) = self.dishes.get_mut(name) else { return Ok(()) };
        let file = dish.session.export(format)?;
        let json = json!({ "type": "export", "dish": name, "name": file.name, "mime": file.mime });
        self.replies.push_back(Message { json, arrays: Vec::new(), bytes: Some(file.bytes) });
        Ok(())
    }
}

impl Gpu {
    fn json(&self) -> Value {
        match self {
            Gpu::Starting => json!({ "state": "starting" }),
            #[cfg(feature = "gpu")]
            Gpu::Ready(context) => json!({ "state": "ready", "name": context.name() }),
            Gpu::Refused(reason) => json!({ "state": "refused", "message": reason }),
            Gpu::Lost(reason) => json!({ "state": "lost", "message": reason }),
        }
    }

    /// Why it cannot be used now, if it cannot.
    fn absence(&self) -> Option<String> {
        match self {
            Gpu::Starting => Some("it is still being looked for".into()),
            #[cfg(feature = "gpu")]
            Gpu::Ready(_) => None,
            Gpu::Refused(reason) | Gpu::Lost(reason) => Some(reason.clone()),
        }
    }
}

impl Dish {
    /// Lets a run that has a pace go on by as many steps as are due.
    fn keep_pace(&mut self, time: f64) {
        let Some(pace) = self.session.pace() else { return };
        let passed = (time - self.paced.0).min(MOST_CATCHING_UP);
        let due = self.paced.1 + pace * passed / 1000.0;
        self.paced = (time, due.fract());
        self.session.hold_at(self.session.clock() + due as u64);
    }

    /// Whether the page should see something new. A large network's pictures are dear: at most a fifth of
    /// the time goes into them. A session at rest is shown at once.
    fn frame_is_due(&self, time: f64) -> bool {
        let pause = (1000.0 / self.hz).max(4.0 * self.frame_cost);
        let due = self.hz > 0.0 && (!self.session.is_busy() || time - self.frame_time >= pause);
        due && self.session.changes() != self.frame_changes
    }

    fn ready(&self, name: &str) -> Value {
        let session = &self.session;
        let runs = session.runs.iter().map(|run| {
            let part = match run.part {
                Part::Main => "main",
                Part::Beside => "beside",
                Part::Later => "later",
            };
            let steps = (run.steps != u64::MAX).then_some(run.steps);
            json!({ "name": run.view().name, "steps": steps, "part": part })
        });
        json!({
            "type": "ready",
            "dish": name,
            "lab": session.lab.slug,
            "controls": session.settings.values(),
            "seed": session.settings.seed,
            "runs": runs.collect::<Vec<_>>(),
            "parameters": session.parameters(),
            "device": session.device().name(),
        })
    }

    fn frame(&mut self, name: &str, time: f64) -> Message {
        let (changes, worked) = (self.session.changes(), self.session.worked());
        let seconds = (time - self.frame_time) / 1000.0;
        if seconds > 0.0 {
            let speed = worked.saturating_sub(self.frame_worked) as f64 / seconds;
            // Smoothed, so that the number can be read; a stop and another device are shown at once.
            let device = std::mem::replace(&mut self.frame_device, self.session.device().name());
            let anew = self.speed == 0.0 || speed == 0.0 || device != self.frame_device;
            self.speed = if anew { speed } else { 0.8 * self.speed + 0.2 * speed };
        }
        (self.frame_time, self.frame_changes, self.frame_worked) = (time, changes, worked);
        let mut payload = Payload::default();
        let mut panels = serde_json::Map::new();
        for id in &self.panels {
            if self.session.lab.panels.iter().any(|panel| panel.id == *id) {
                let value = self.session.panel(id, &mut payload);
                if !value.is_null() {
                    panels.insert(id.clone(), value);
                }
            }
        }
        let session = &self.session;
        let view = session.view();
        let main = view.main();
        let mut metrics = serde_json::Map::new();
        metrics.extend(
            main.history.names().iter().map(|name| (name.clone(), json!(main.history.before(name, main.step)))),
        );
        let runs = view.runs.iter().map(|run| json!({ "step": run.step, "finished": run.finished }));
        let json = json!({
            "type": "frame",
            "dish": name,
            "step": session.clock(),
            "furthest": session.furthest(),
            "steps": session.steps(),
            "state": session.state(),
            "stepsPerSecond": self.speed,
            "device": session.device().name(),
            "preparing": session.preparing().map(|percent| {
                json!({ "device": session.destination().name(), "percent": percent })
            }),
            "metrics": metrics,
            "runs": runs.collect::<Vec<_>>(),
            "claims": session.claims(),
            "panels": panels,
            "seeds": self.seeds(),
            "snapshots": session.snapshots(),
        });
        Message { json, arrays: payload.arrays, bytes: None }
    }

    /// The claims over several seeds, once more than one has been asked for.
    fn seeds(&self) -> Value {
        let (done, wanted) = self.session.more_seeds();
        if wanted == 0 {
            return Value::Null;
        }
        let progress = self.session.seeds.progress().map(|(step, of)| json!({ "step": step, "of": of }));
        json!({ "done": 1 + done, "of": 1 + wanted, "progress": progress, "claims": self.session.summary() })
    }

    /// The failure of the session, told once.
    fn failure(&mut self, name: &str) -> Option<Message> {
        if self.session.state() != State::Failed || std::mem::replace(&mut self.failure_told, true) {
            return None;
        }
        let step = self.session.clock();
        self.session.failure().map(|error| error_message(Some(name), "nonfinite", error, Some(step)))
    }
}

fn error_message(dish: Option<&str>, kind: &str, error: &Error, step: Option<u64>) -> Message {
    let json = json!({
        "type": "error",
        "dish": dish,
        "kind": kind,
        "place": error.place,
        "message": error.message,
        "fix": error.fix,
        "step": step,
    });
    Message { json, arrays: Vec::new(), bytes: None }
}
