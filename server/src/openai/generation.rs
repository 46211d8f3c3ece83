//! One request to the engine: a place in the queue for each answer, then their events as they come.

use std::{collections::HashSet, sync::Arc};

use futures::{
    StreamExt,
    stream::{self, BoxStream, SelectAll},
};
use hearth_app::model::{BusyReason, User, UserId};
use hearth_engine::{
    handle::{EngineHandle, Permit},
    request::{
        CallPiece, FinishReason, GenerateRequest, GenerationError, GenerationEvent, SubmitError,
        TokenId, TokenLogprobs, TokenPart,
    },
};
use sha2::{Digest, Sha256};

use super::{
    ApiServer,
    answer_fields::Asked,
    chat_request::Calls,
    logprobs,
    meter::{Counts, Meter, RequestUsage},
    request_fault::{FaultKind, RequestFault},
};
use crate::{
    chat::{RequestClaim, user_key},
    error::AppError,
};

/// New tokens of one answer.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) reasoning: String,
    pub(super) call: Option<CallPiece>,
    /// Of the tokens of the visible text, if they were asked for.
    pub(super) logprobs: Vec<TokenLogprobs>,
    /// Of the next ones of the prompt's tokens.
    pub(super) prompt_logprobs: Vec<TokenLogprobs>,
}

impl Piece {
    /// About how long it is as JSON, in bytes.
    pub(super) fn num_bytes(&self) -> usize {
        let call = self.call.as_ref();
        self.text.len()
            + self.reasoning.len()
            + call.map_or(0, |call| call.name.len() + call.arguments.len())
            + logprobs::num_bytes(&self.logprobs)
            + logprobs::num_bytes(&self.prompt_logprobs)
    }
}

/// What happened to one answer.
#[derive(Debug)]
pub(super) enum Progress {
    Piece(Piece),
    Ended(FinishReason),
}

/// Answers that are being made. Dropping it ends them.
pub(super) struct Generation {
    pub(super) engine: EngineHandle,
    answers: SelectAll<BoxStream<'static, (usize, GenerationEvent)>>,
    meter: Meter,
    calls: Calls,
    /// Answers in which a call was written.
    has_pieces: HashSet<usize>,
    /// Answers in which a call was told.
    has_called: HashSet<usize>,
    claim: RequestClaim,
}

/// What is asked of the engine.
#[derive(Debug)]
pub(super) struct Prompts {
    /// Each gets as many answers as were asked for.
    pub(super) each: Vec<Vec<TokenId>>,
    /// Ids with which every answer begins.
    pub(super) begun: Vec<TokenId>,
    pub(super) calls: Calls,
    /// The field to blame for a prompt that is too long.
    pub(super) param: &'static str,
}

impl ApiServer {
    /// Takes the places and submits. Nothing is computed if one of them is refused.
    pub(super) async fn generate(
        &self,
        user: &User,
        engine: EngineHandle,
        asked: &Asked,
        prompts: Prompts,
    ) -> Result<Generation, AppError> {
        let num_answers = self.num_answers(prompts.each.len(), asked)?;
        let claim = self.chat.claim_request(user.id, num_answers).await?;
        let requests = self.requests(user, &engine, asked, &prompts)?;
        let answers = requests.into_iter().enumerate();
        let answers = answers.map(|(index, (permit, request))| {
            let stream = engine.submit(permit, request);
            let events = stream::unfold(stream, |mut stream| async {
                let event = stream.next().await?;
                Some((event, stream))
            });
            events.map(move |event| (index, event)).boxed()
        });
        Ok(Generation {
            answers: answers.collect(),
            engine,
            meter: Meter {
                store: self.store.clone(),
                metrics: Arc::clone(&self.metrics),
                user: user.id,
                prompt_tokens: prompts.each.iter().map(Vec::len).sum(),
                counts: Counts::new(prompts.each.len(), asked.num_answers),
            },
            calls: prompts.calls,
            has_pieces: HashSet::new(),
            has_called: HashSet::new(),
            claim,
        })
    }

    /// Answers to so many prompts.
    pub(super) fn num_answers(
        &self,
        num_prompts: usize,
        asked: &Asked,
    ) -> Result<usize, RequestFault> {
        let num_answers = num_prompts.saturating_mul(asked.num_answers);
        let limit = self.settings.current().concurrent_turns;
        if num_answers > 1 && num_answers > limit as usize {
            let message = format!(
                "{num_answers} answers are asked for, and this server makes at most {limit} at \
                 once for one person"
            );
            return Err(RequestFault::field("n", message));
        }
        Ok(num_answers)
    }

    /// One for each answer, with its place in the queue.
    fn requests(
        &self,
        user: &User,
        engine: &EngineHandle,
        asked: &Asked,
        prompts: &Prompts,
    ) -> Result<Vec<(Permit, GenerateRequest)>, AppError> {
        let mut requests = Vec::new();
        for prompt in &prompts.each {
            let request = self.request(engine, asked, prompt, prompts)?;
            let num_tokens = prompt.len() + prompts.begun.len();
            let session = session(user.id, prompt);
            for number in 0..asked.num_answers {
                let permit = engine.reserve(user_key(user.id), num_tokens);
                let mut request = request.clone();
                request.session = Some(session);
                let seed = request.sampling.seed;
                request.sampling.seed = seed.wrapping_add(number as u64);
                requests.push((permit.map_err(refused)?, request));
            }
        }
        Ok(requests)
    }

    fn request(
        &self,
        engine: &EngineHandle,
        asked: &Asked,
        prompt: &[TokenId],
        prompts: &Prompts,
    ) -> Result<GenerateRequest, RequestFault> {
        let room = self.room(engine, prompt.len() + prompts.begun.len(), prompts.param)?;
        Ok(GenerateRequest {
            prompt: prompt.to_vec(),
            answer_so_far: prompts.begun.clone(),
            sampling: asked.sampling.clone(),
            max_tokens: asked.max_tokens.unwrap_or(room).min(room),
            stop: asked.stop.clone(),
            options: asked.options.clone(),
            num_shared_tokens: 0,
            session: None,
        })
    }

    /// Tokens that an answer to a prompt of so many may have, one at least; `param` is to blame.
    pub(super) fn room(
        &self,
        engine: &EngineHandle,
        num_tokens: usize,
        param: &str,
    ) -> Result<usize, RequestFault> {
        let window = self.window(engine);
        let room = window.checked_sub(num_tokens).filter(|room| *room > 0);
        room.ok_or_else(|| RequestFault {
            kind: FaultKind::ContextLength,
            message: format!(
                "This model's maximum context length is {window} tokens, and the prompt has \
                 {num_tokens}; one of them is the answer's."
            ),
            param: Some(param.to_owned()),
        })
    }

    /// Most tokens of prompt and answer together: what the model can, within the budget.
    pub(super) fn window(&self, engine: &EngineHandle) -> usize {
        let budget = self.settings.current().context_budget;
        let budget = budget.and_then(|budget| usize::try_from(budget).ok());
        let of_model = engine.context_window().unwrap_or(usize::MAX);
        budget.unwrap_or(usize::MAX).min(of_model)
    }
}

impl Generation {
    /// What happens next, and to which answer; `None` after the end of all.
    pub(super) async fn next(&mut self) -> Result<Option<(usize, Progress)>, AppError> {
        loop {
            let next = tokio::select! {
                biased;
                () = self.claim.ended() => return Err(AppError::Unauthorized),
                next = self.answers.next() => next,
            };
            let Some((index, event)) = next else {
                return Ok(None);
            };
            if let Some(progress) = self.take(index, event)? {
                return Ok(Some((index, progress)));
            }
        }
    }

    fn take(&mut self, index: usize, event: GenerationEvent) -> Result<Option<Progress>, AppError> {
        let piece = match event {
            GenerationEvent::Tokens {
                ids,
                part,
                reasoning,
                text,
                logprobs,
            } => {
                self.meter.counts.tokens(&ids, part);
                // The words of a call that the model left standing: they were told as a call.
                let is_told = part == TokenPart::Frame
                    && self.calls != Calls::None
                    && self.has_pieces.contains(&index);
                let reasoning = if is_told { String::new() } else { reasoning };
                let is_visible = part == TokenPart::Answer;
                Some(Piece {
                    text,
                    reasoning,
                    call: None,
                    logprobs: if is_visible { logprobs } else { Vec::new() },
                    prompt_logprobs: Vec::new(),
                })
            }
            GenerationEvent::PromptLogprobs(prompt_logprobs) => Some(Piece {
                prompt_logprobs,
                ..Piece::default()
            }),
            GenerationEvent::CallPiece(piece) => {
                self.has_pieces.insert(index);
                self.call(index, piece)
            }
            // One that was begun for the model, and has no arguments.
            GenerationEvent::ToolCall(call) if !self.has_pieces.contains(&index) => {
                let piece = CallPiece {
                    index: 0,
                    name: call.name().to_owned(),
                    arguments: call.arguments.text,
                };
                self.call(index, piece)
            }
            GenerationEvent::Finished { reason, usage } => {
                self.meter.finished(&usage);
                return Ok(Some(Progress::Ended(self.reason(index, reason))));
            }
            // It ends with what it has.
            GenerationEvent::Failed(GenerationError::DeadlineExceeded) => {
                return Ok(Some(Progress::Ended(FinishReason::Length)));
            }
            GenerationEvent::Failed(error) => return Err(failed(error)),
            GenerationEvent::Prefill { done, .. } => {
                self.meter.counts.prefilled(index, done);
                None
            }
            GenerationEvent::ToolCall(_)
            | GenerationEvent::Loading { .. }
            | GenerationEvent::Queued { .. } => None,
        };
        Ok(piece.map(Progress::Piece))
    }

    /// A call that nobody asked for ends the answer like any text.
    fn reason(&self, index: usize, reason: FinishReason) -> FinishReason {
        match reason {
            FinishReason::Length => FinishReason::Length,
            _ if self.has_called.contains(&index) => FinishReason::ToolCall,
            _ => FinishReason::Stop,
        }
    }

    /// A call the caller asked for; else it is text, or one too many.
    fn call(&mut self, index: usize, piece: CallPiece) -> Option<Piece> {
        match self.calls {
            Calls::None => Some(Piece {
                text: piece.arguments,
                ..Piece::default()
            }),
            Calls::One if piece.index > 0 => None,
            Calls::One | Calls::Many => {
                self.has_called.insert(index);
                Some(Piece {
                    call: Some(piece),
                    ..Piece::default()
                })
            }
        }
    }

    /// Whose answers they are.
    pub(super) fn user(&self) -> UserId {
        self.meter.user
    }

    /// What it has cost so far.
    pub(super) fn usage(&self) -> RequestUsage {
        self.meter.usage()
    }
}

/// Among several engines, a conversation goes back to the one that may remember it: those with the
/// same beginning are one. The number says nothing of the text.
fn session(user: UserId, prompt: &[TokenId]) -> u128 {
    /// Tokens that tell conversations apart; what is shared by all of a person's comes first.
    const BEGINNING: usize = 256;
    let mut digest = Sha256::new();
    digest.update(user.as_uuid().as_bytes());
    for id in prompt.iter().take(BEGINNING) {
        digest.update(id.0.to_le_bytes());
    }
    let digest = digest.finalize();
    let mut number = [0; 16];
    number.copy_from_slice(&digest[..16]);
    u128::from_le_bytes(number)
}

/// What the engine's refusal is to a program.
pub(super) fn refused(error: SubmitError) -> AppError {
    match error {
        SubmitError::QueueFull { capacity } => AppError::Busy {
            reason: BusyReason::QueueFull { capacity },
            retry_after_s: 1,
        },
        SubmitError::PromptTooLong { .. } => {
            RequestFault::whole(FaultKind::ContextLength, error.to_string()).into()
        }
        SubmitError::ModelNotLoaded(_) => not_loaded(),
        other => AppError::NotReady {
            message: other.to_string(),
        },
    }
}

/// The sentence of the engine names a file of this machine.
pub(super) fn not_loaded() -> AppError {
    AppError::NotReady {
        message: "the model could not be loaded".to_owned(),
    }
}

fn failed(error: GenerationError) -> AppError {
    match error {
        GenerationError::UnknownToken { .. } => {
            RequestFault::whole(FaultKind::Invalid, error.to_string()).into()
        }
        GenerationError::ModelNotLoaded(_) => not_loaded(),
        other => AppError::NotReady {
            message: other.to_string(),
        },
    }
}
