//! A network between a browser and a server that a test disturbs as it likes.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
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

/// A port that leads to a server. Dropping it cuts every connection.
#[derive(Debug)]
pub struct Gate {
    port: u16,
    order: watch::Sender<Order>,
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
        tokio::spawn(stand(listener, server, orders));
        Ok(Self { port, order })
    }

    /// Address without a slash at its end.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
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
async fn stand(listener: TcpListener, server: SocketAddr, orders: watch::Receiver<Order>) {
    tokio::select! {
        () = until_gone(orders.clone()) => {}
        () = take(&listener, server, &orders) => {}
    }
}

async fn take(listener: &TcpListener, server: SocketAddr, orders: &watch::Receiver<Order>) {
    while let Ok((near, _)) = listener.accept().await {
        let order = *orders.borrow();
        if order.passage != Passage::Shut {
            let orders = orders.clone();
            tokio::spawn(async move {
                // One that fails is cut, which whoever asks notices.
                let _ = connect(near, server, order.num_cuts, orders).await;
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
) -> io::Result<()> {
    let far = TcpStream::connect(server).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    tokio::select! {
        () = carry(near_read, far_write, orders.clone()) => {}
        () = carry(far_read, near_write, orders.clone()) => {}
        () = until_cut(orders, num_cuts) => {}
    }
    Ok(())
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut orders: watch::Receiver<Order>,
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
