//! A network between a browser and a server that a test disturbs as it likes.

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// What is carried at once.
const PIECE: usize = 64 << 10;

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It goes on at once.
    Open,
    /// It stays where it is until the passage is open again; no connection ends.
    Held,
    /// It is collected for so long each time.
    InPieces(Duration),
    /// Whoever connects is turned away.
    Shut,
}

#[derive(Clone, Copy, Debug)]
struct Order {
    passage: Passage,
    /// How often all connections were cut.
    num_cuts: u64,
}

/// When the server last said something, for each connection by its number.
#[derive(Clone, Debug, Default)]
struct Spoken(Arc<Mutex<HashMap<u64, Instant>>>);

impl Spoken {
    fn note(&self, connection: u64) {
        let mut spoken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spoken.insert(connection, Instant::now());
    }

    fn count(&self, within: Duration) -> usize {
        let spoken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: &&Instant| at.elapsed() < within;
        spoken.values().filter(is_recent).count()
    }
}

/// A port that leads to a server. Dropping it cuts every connection.
#[derive(Debug)]
pub struct Gate {
    port: u16,
    order: watch::Sender<Order>,
    spoken: Spoken,
}

impl Gate {
    /// An open gate before a server, which may be away at times.
    pub async fn before(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (order, orders) = watch::channel(Order {
            passage: Passage::Open,
            num_cuts: 0,
        });
        let spoken = Spoken::default();
        tokio::spawn(stand(listener, server, orders, spoken.clone()));
        Ok(Self {
            port,
            order,
            spoken,
        })
    }

    /// Address without a slash at its end.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Over how many connections the server has said something within so long. Those that a browser
    /// only keeps for its next request are none of them.
    pub fn num_speaking(&self, within: Duration) -> usize {
        self.spoken.count(within)
    }

    pub fn set(&self, passage: Passage) {
        self.order.send_modify(|order| order.passage = passage);
    }

    /// Ends every connection; new ones come about if the passage is not shut.
    pub fn cut(&self) {
        self.order.send_modify(|order| order.num_cuts += 1);
    }

    /// Ends every connection and lets nobody in any more.
    pub fn shut(&self) {
        self.set(Passage::Shut);
        self.cut();
    }
}

/// Takes connections until the gate is gone.
async fn stand(
    listener: TcpListener,
    server: SocketAddr,
    orders: watch::Receiver<Order>,
    spoken: Spoken,
) {
    tokio::select! {
        () = until_gone(orders.clone()) => {}
        () = take(&listener, server, &orders, &spoken) => {}
    }
}

async fn take(
    listener: &TcpListener,
    server: SocketAddr,
    orders: &watch::Receiver<Order>,
    spoken: &Spoken,
) {
    let mut number = 0;
    while let Ok((near, _)) = listener.accept().await {
        let order = *orders.borrow();
        if order.passage != Passage::Shut {
            number += 1;
            let (orders, spoken) = (orders.clone(), spoken.clone());
            let note = move || spoken.note(number);
            tokio::spawn(async move {
                // One that fails is cut, which whoever asks notices.
                let _ = connect(near, server, order.num_cuts, orders, note).await;
            });
        }
    }
}

/// Carries both ways until one end closes, or all is cut.
async fn connect(
    near: TcpStream,
    server: SocketAddr,
    num_cuts: u64,
    orders: watch::Receiver<Order>,
    note: impl Fn(),
) -> io::Result<()> {
    let far = TcpStream::connect(server).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    tokio::select! {
        () = carry(near_read, far_write, orders.clone(), || {}) => {}
        () = carry(far_read, near_write, orders.clone(), note) => {}
        () = until_cut(orders, num_cuts) => {}
    }
    Ok(())
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut orders: watch::Receiver<Order>,
    note: impl Fn(),
) {
    let mut piece = vec![0; PIECE];
    loop {
        let passage = orders.borrow().passage;
        if let Passage::InPieces(pause) = passage {
            // Meanwhile the kernel collects.
            tokio::time::sleep(pause).await;
        }
        let Ok(count @ 1..) = from.read(&mut piece).await else {
            return;
        };
        while is_held(&orders) {
            if orders.changed().await.is_err() {
                return;
            }
        }
        let carried = piece.get(..count).unwrap_or_default();
        if to.write_all(carried).await.is_err() {
            return;
        }
        note();
    }
}

fn is_held(orders: &watch::Receiver<Order>) -> bool {
    orders.borrow().passage == Passage::Held
}

async fn until_gone(mut orders: watch::Receiver<Order>) {
    while orders.changed().await.is_ok() {}
}

/// Comes back when all is cut, or the gate is gone.
async fn until_cut(mut orders: watch::Receiver<Order>, num_cuts: u64) {
    loop {
        let now = orders.borrow().num_cuts;
        if now != num_cuts || orders.changed().await.is_err() {
            return;
        }
    }
}
